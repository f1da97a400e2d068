// RFC 6750 section 2.1.
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** The part of a request that a token is taken from. */
export interface RequestHeaders {
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The token of an Authorization header; never of the URL, a cookie or a body. */
export function bearerToken({ headers }: RequestHeaders): string | null {
  const header = headers['authorization'];
  return typeof header === 'string' ? (BEARER.exec(header)?.[1] ?? null) : null;
}
