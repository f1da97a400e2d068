const UNREACHABLE_CODES = /^(08|57P|53)|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;
const UNREACHABLE_TEXT =
  /timeout expired|terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/;
const QUERY_CANCELED = '57014';
const UNIQUE_VIOLATION = '23505';

/** True when PostgreSQL is away, full or too slow: the same call may work later, so the answer is 503 and not 500. */
export function isDatabaseUnreachable(error: unknown): boolean {
  return chain(error).some((link) => {
    const { code, message } = link;
    if (code === QUERY_CANCELED) return true;
    return (code !== undefined && UNREACHABLE_CODES.test(code)) || UNREACHABLE_TEXT.test(message ?? '');
  });
}

/** True when a unique constraint refused the row, optionally the named one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return chain(error).some(
    (link) => link.code === UNIQUE_VIOLATION && (constraint === undefined || link.constraint === constraint),
  );
}

interface ErrorLink {
  readonly code?: string;
  readonly message?: string;
  readonly constraint?: string;
  readonly cause?: unknown;
  /** What the ORM wraps. */
  readonly previous?: unknown;
}

const MAX_LINKS = 5;

function chain(error: unknown): ErrorLink[] {
  const links: ErrorLink[] = [];
  let current: unknown = error;
  while (typeof current === 'object' && current !== null && links.length < MAX_LINKS) {
    const link: ErrorLink = current;
    links.push(link);
    current = link.cause ?? link.previous;
  }
  return links;
}
