import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** One broken rule. */
export class FieldProblemDetails {
  /**
   * JSON Pointer into the body (RFC 6901).
   * @example "/email"
   */
  pointer?: string;

  /**
   * Name of a query, path or header parameter.
   * @example "limit"
   */
  parameter?: string;

  /**
   * The rule that is broken.
   * @example "email must be an email"
   */
  detail!: string;
}

/** Problem details after RFC 9457, sent as application/problem+json. */
export class ProblemDetails {
  /**
   * Names the kind of problem; its last segment is the code.
   * @example "https://voiceassist.dev/problems/validation-failed"
   */
  type!: string;

  /**
   * Short summary of the kind of problem.
   * @example "Validation failed"
   */
  title!: string;

  /**
   * HTTP status code.
   * @example 422
   */
  status!: number;

  /**
   * Stable code to switch on.
   * @example "validation-failed"
   */
  code!: string;

  /** Explanation of this occurrence. */
  detail?: string;

  /**
   * Id of the request, also in X-Request-ID and in the log.
   * @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f"
   */
  instance!: string;

  /** Whether the same request may succeed later. */
  retryable?: boolean;

  /** The broken rules of a request that fails validation, at most 20. */
  errors?: FieldProblemDetails[];

  /** How many broken rules there are besides those in `errors`. */
  further_errors?: number;
}

/** Base of problem type URIs; the documents of all types are in docs/problems.md. */
export const PROBLEM_TYPE_BASE = 'https://voiceassist.dev/problems/';

/** URI of a problem type (RFC 9457 section 3.1.1). */
export function problemType(code: ProblemCode): string {
  return `${PROBLEM_TYPE_BASE}${code}`;
}

/** A document for `code`, without the members of one occurrence. */
export function problemDetails(code: ProblemCode, instance: string): ProblemDetails {
  const { status, title, retryable } = PROBLEMS[code];
  return { type: problemType(code), title, status, code, instance, ...(retryable && { retryable }) };
}
