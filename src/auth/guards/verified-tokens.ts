/** What is kept of a verified access token. */
export interface AccessClaims {
  readonly sub: string;
  readonly sid: string;
  /** In seconds, as in the token. */
  readonly exp: number;
}

const MAX_TOKENS = 2000;

/**
 * The claims of access tokens that were verified, by their whole text: the same text has the same signature under the
 * same keys, which change with the process only. Whether its session is active is another matter and asked each time.
 */
export class VerifiedTokens {
  readonly #claims = new Map<string, AccessClaims>();

  /** @returns undefined when the token was not verified lately, or has expired */
  find(token: string): AccessClaims | undefined {
    const claims = this.#claims.get(token);
    if (claims === undefined || claims.exp > Date.now() / 1000) return claims;
    this.#claims.delete(token);
    return undefined;
  }

  /** Keeps a token whose signature holds; the oldest makes room for it. */
  add(token: string, claims: AccessClaims): void {
    if (this.#claims.size >= MAX_TOKENS) this.#claims.delete(this.#claims.keys().next().value ?? '');
    this.#claims.set(token, claims);
  }
}
