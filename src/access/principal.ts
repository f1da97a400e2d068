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
  /** Seconds since the user was authenticated; infinite under a personal access token. */
  readonly authenticatedSecondsAgo: number;
}

/** A user with a session, not a program with a personal access token. */
export interface SessionPrincipal extends Principal {
  readonly sessionId: string;
  readonly scopes: null;
}
