import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { currentOrigin } from '../access/request-origin.ts';
import type { DomainError } from './domain-error.ts';
import { problemDetails, type ProblemDetails } from './problem-details.dto.ts';
import { failureForLog } from './failure-for-log.ts';
import { toDomainError } from './to-domain-error.ts';

const FIRST_SERVER_ERROR = 500;
const MAX_ERRORS = 20;

/** Turns everything that is thrown into problem details (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log = new Logger('Problem');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toDomainError(thrown);
    const origin = currentOrigin();
    if (error.status >= FIRST_SERVER_ERROR && error.code !== 'service-stopping') {
      this.#log.error({
        code: error.code,
        requestId: origin.requestId,
        ...error.options.logContext,
        ...failureForLog(error.cause),
      });
    }
    if (reply.sent || reply.raw.headersSent) {
      // The answer has begun as a stream: cutting it off is the only way left to say that it is not whole.
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, error, origin.requestId);
  }
}

/** Sends a problem as the whole answer. */
export function sendProblem(reply: FastifyReply, error: DomainError, requestId: string): void {
  const { headers, retryAfterSeconds } = error.options;
  void reply
    .status(error.status)
    .headers({ ...headers, ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }) })
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(documentOf(error, requestId)));
}

function documentOf(error: DomainError, requestId: string): ProblemDetails {
  const { detail, errors } = error.options;
  return Object.assign(
    problemDetails(error.code, requestId),
    detail !== undefined && { detail },
    errors !== undefined && { errors: errors.slice(0, MAX_ERRORS) },
    errors !== undefined && errors.length > MAX_ERRORS && { further_errors: errors.length - MAX_ERRORS },
  );
}
