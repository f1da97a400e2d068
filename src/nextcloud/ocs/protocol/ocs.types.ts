/** The account that a credential belongs to. */
export interface NextcloudSelf {
  /** User id; the one that DAV paths need. */
  readonly uid: string;
  readonly displayName: string;
  readonly email: string | null;
  /** Null when the server does not tell. */
  readonly groups: readonly string[] | null;
}

/** What the server says about itself. */
export interface NextcloudCapabilities {
  /** For example `27.1.10`; null when the server hides it. */
  readonly version: string | null;
  /** What a Basic login from our address waits now, in milliseconds. */
  readonly bruteforceDelayMs: number;
  readonly isAllowListed: boolean;
  readonly passwordMinLength: number | null;
}

/** State of the server as `status.php` tells it. */
export interface NextcloudStatus {
  readonly state: 'ready' | 'maintenance' | 'needs-upgrade' | 'not-installed';
  readonly version: string | null;
}

/** A user to create. */
export interface NewNextcloudUser {
  readonly userId: string;
  readonly password: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly groups?: readonly string[];
}

/**
 * - `created`: Nextcloud said so
 * - `unconfirmed`: the call failed on the way, and the user exists now; creation is not atomic on the server
 */
export type CreationOutcome = 'created' | 'unconfirmed';
