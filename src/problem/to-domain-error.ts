import { HttpException } from '@nestjs/common';
import { DomainError } from './domain-error.ts';
import type { ProblemCode } from './problem-codes.ts';

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  408: 'request-timeout',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  422: 'validation-failed',
  429: 'rate-limited',
  431: 'headers-too-large',
  503: 'service-unavailable',
};

/** Whatever was thrown as a DomainError; what nobody foresaw becomes `internal-error` and keeps its cause for the log. */
export function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  const status = statusOf(thrown);
  const code = status === undefined ? undefined : BY_STATUS[status];
  return new DomainError(code ?? 'internal-error', { cause: thrown });
}

/** The framework's own errors carry a status: HttpException of Nest, `statusCode` of Fastify. */
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { statusCode, code } = thrown as { statusCode?: unknown; code?: unknown };
  const isFrameworkError = typeof code === 'string' && code.startsWith('FST_');
  return isFrameworkError && typeof statusCode === 'number' ? statusCode : undefined;
}
