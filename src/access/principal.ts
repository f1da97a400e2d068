import type { Scope } from './scopes.ts';

/** What a user may do: `admin` everything a user may, and administration. */
export type Role = 'user' | 'admin';

/** Who makes a request, read from the session or the personal access token at the time of the request. */
export interface Principal {
  readonly userId: string;
  /** Null under a personal access token. */
  readonly sessionId: string | null;
  readonly email: string;
  readonly role: Role;
  /** What a personal access token may do; null in a session, which may do everything that its user may. */
  readonly scopes: ReadonlySet<Scope> | null;
  /** Seconds since the user proved who he is; endless under a personal access token. */
  readonly authenticatedSecondsAgo: number;
}

/** Somebody who has logged in, and not a program with a token of his. */
export interface SessionPrincipal extends Principal {
  readonly sessionId: string;
  readonly scopes: null;
}
