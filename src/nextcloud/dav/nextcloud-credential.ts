import type { OutboundRequest } from '../../outbound/outbound.types.ts';
import { DomainError } from '../../problem/domain-error.ts';

/** How an app password is sent: Bearer is never throttled, Basic is what every Nextcloud accepts. */
export type CredentialScheme = 'bearer' | 'basic';

/** What a login name and a secret look like on the wire. */
export interface NextcloudLogin {
  /** The exact name stored with the app password; not always the user id. */
  readonly loginName: string;
  /** App password. */
  readonly secret: string;
  readonly scheme: CredentialScheme;
  /** Our user who uses it, for a fair share of the slots. */
  readonly ownerId?: string | undefined;
  /** True for work that nobody waits for. */
  readonly isBackground?: boolean | undefined;
}

/** Caller and channel that a request is counted for. */
export type RequestBudget = Pick<OutboundRequest, 'callerId' | 'isBackground' | 'channel'>;

/** A user's own access to a Nextcloud. */
export interface NextcloudCredential extends NextcloudLogin {
  /** Address of the Nextcloud, with a path when it is not at the root. */
  readonly baseUrl: string;
  /** User id as `GET /cloud/user` gave it; the one that DAV paths need. */
  readonly uid: string;
}

/**
 * The value of the Authorization field; Basic in UTF-8 (RFC 7617 section 2.1).
 * @throws {DomainError} `account-link-invalid` when the secret cannot be sent this way
 */
export function authorizationOf({ loginName, secret, scheme }: NextcloudLogin): string {
  if (scheme === 'bearer') {
    if (!canBeBearer(secret)) throw new DomainError('account-link-invalid', { logContext: { reason: 'not-a-token' } });
    return `Bearer ${secret}`;
  }
  if (loginName.includes(':')) throw new DomainError('account-link-invalid', { logContext: { reason: 'colon' } });
  return `Basic ${Buffer.from(`${loginName}:${secret}`, 'utf8').toString('base64')}`;
}

/** What a request with this login is counted as. */
export function budgetOf({ ownerId, isBackground, scheme }: NextcloudLogin): RequestBudget {
  return { callerId: ownerId, isBackground, channel: scheme };
}

/** True when a secret consists of what a bearer token may (visible ASCII). */
export function canBeBearer(secret: string): boolean {
  return /^[\x21-\x7e]+$/.test(secret);
}
