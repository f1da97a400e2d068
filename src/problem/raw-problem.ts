import { Buffer } from 'node:buffer';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { problemDetails } from './problem-details.dto.ts';

/** What goes into the answer to bytes that are no request. */
export interface RawProblem {
  readonly code: ProblemCode;
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** True in answer to HEAD, which has no body (RFC 9110 section 9.3.2). Default false. */
  readonly isHead?: boolean;
}

/** A whole HTTP/1.1 answer that ends its connection, for where there is no reply object to send it with. */
export function rawProblem({ code, requestId, headers, isHead = false }: RawProblem): string {
  const { status, title } = PROBLEMS[code];
  const body = JSON.stringify(problemDetails(code, requestId));
  const fields = {
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    'x-request-id': requestId,
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${isHead ? '' : body}`;
}
