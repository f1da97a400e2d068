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
  /** Without one Nextcloud makes its own and mails a link to set another: `email` is needed then. */
  readonly password?: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly groups?: readonly string[];
  /** In bytes, or `none` for unlimited; without it the default of the server. */
  readonly quota?: string;
}

/** A user as an administrator sees it. */
export interface NextcloudUser {
  readonly uid: string;
  readonly displayName: string;
  readonly email: string | null;
  /** Null when the server does not tell. */
  readonly isEnabled: boolean | null;
  readonly groups: readonly string[];
  readonly quota: NextcloudQuota;
  /** Null before the first login. */
  readonly lastLogin: Date | null;
  /** Where the user is kept, for example `Database` or `LDAP`. */
  readonly backend: string | null;
}

/** In bytes. */
export interface NextcloudQuota {
  /** Null for unlimited. */
  readonly limitBytes: number | null;
  readonly usedBytes: number;
}

/** Part of a listing: at most `limit` entries after the first `offset`. */
export interface OcsPage {
  /** Part of id, display name or e-mail address. */
  readonly search?: string;
  readonly limit: number;
  readonly offset: number;
}

/**
 * - `created`: Nextcloud said so
 * - `unconfirmed`: the call failed on the way, and the user exists now; creation is not atomic on the server
 */
export type CreationOutcome = 'created' | 'unconfirmed';
