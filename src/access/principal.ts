/** What a user may do: `admin` everything a user may, and administration. */
export type Role = 'user' | 'admin';

/** Who makes a request, read from the session at the time of the request and not from the token. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly email: string;
  readonly role: Role;
}
