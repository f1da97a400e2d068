import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** One broken rule of a request (the `errors` extension member, after the example of RFC 9457 section 3). */
export interface FieldProblem {
  /** JSON Pointer into the body (RFC 6901), for example `/email`. */
  readonly pointer?: string;
  /** Name of a query, path or header parameter. */
  readonly parameter?: string;
  /** The rule that is broken, in words; never the value. */
  readonly detail: string;
}

/** What may go with a code. Only `detail`, `errors` and `retryAfterSeconds` ever reach a client. */
export interface DomainErrorOptions {
  /** Explanation of this occurrence for the client; must not hold secrets, content or foreign error text. */
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  /** Sent as Retry-After (RFC 9110 section 10.2.3), in seconds. */
  readonly retryAfterSeconds?: number;
  /** Further response header fields, for example the current ETag of a 412. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Facts for the log only: identifiers, counts, upstream status; no content, names, addresses or secrets. */
  readonly logContext?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** The one error that services, ports and adapters throw; the problem filter turns it into RFC 9457 JSON. */
export class DomainError extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly options: DomainErrorOptions = {},
  ) {
    super(options.detail ?? PROBLEMS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get isRetryable(): boolean {
    return PROBLEMS[this.code].retryable;
  }
}

/** True for a DomainError, optionally of one of the given codes. */
export function isDomainError(error: unknown, ...codes: ProblemCode[]): error is DomainError {
  return error instanceof DomainError && (codes.length === 0 || codes.includes(error.code));
}
