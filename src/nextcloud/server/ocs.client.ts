import { failure } from '../../outbound/transport-error.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { NextcloudLogin } from '../dav/nextcloud-credential.ts';
import { findField, findText, isOcsSuccess, parseJson, type OcsAnswer } from './ocs-envelope.ts';
import { callNextcloud, callOcs, type NextcloudEndpoint } from './ocs.transport.ts';

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

/** Options of {@link OcsClient.self}. */
export interface SelfOptions {
  /** False for a password attempt: sent once, even when the connection breaks. Default true. */
  readonly isRepeatable?: boolean;
  readonly signal?: AbortSignal;
}

/** Becomes a name in DAV paths, so it must not be able to leave its place. */
const UID = /^(?!\.{1,2}$)[^/\\\p{Cc}]{1,255}$/u;

/**
 * Nextcloud about itself and about the account of a credential: the OCS API and `status.php`.
 * All methods throw the codes of `readOcsAnswer` and of the outbound client.
 */
export class OcsClient {
  constructor(private readonly endpoint: NextcloudEndpoint) {}

  /** The account of a credential; works with Bearer and Basic. */
  async self(login: NextcloudLogin, options: SelfOptions = {}): Promise<NextcloudSelf> {
    const answer = await callOcs(this.endpoint, { method: 'GET', path: '/cloud/user', login, ...options });
    const uid = findText(answer.data, 'id');
    if (!isOcsSuccess(answer) || uid === null || !UID.test(uid)) throw this.unexpected(answer);
    const displayName = findText(answer.data, 'display-name') ?? findText(answer.data, 'displayname') ?? uid;
    const groups = findField(answer.data, 'groups');
    return {
      uid,
      displayName,
      email: findText(answer.data, 'email'),
      groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : null,
    };
  }

  /** Works without a credential too; the delay is then a free look at the throttle. */
  async capabilities(login: NextcloudLogin | null = null): Promise<NextcloudCapabilities> {
    const answer = await callOcs(this.endpoint, { method: 'GET', path: '/cloud/capabilities', login });
    if (!isOcsSuccess(answer)) throw this.unexpected(answer);
    const capabilities = findField(answer.data, 'capabilities');
    const bruteforce = findField(capabilities, 'bruteforce');
    const delay = findField(bruteforce, 'delay');
    const minLength = findField(findField(capabilities, 'password_policy'), 'minLength');
    return {
      version: findText(findField(answer.data, 'version'), 'string'),
      bruteforceDelayMs: typeof delay === 'number' ? delay : 0,
      isAllowListed: findField(bruteforce, 'allow-listed') === true,
      passwordMinLength: typeof minLength === 'number' ? minLength : null,
    };
  }

  /**
   * The state of the server. HTTP 200 says nothing: it is the same in maintenance. Never sends a credential.
   * @throws {DomainError} `upstream-misconfigured` (not a Nextcloud, or it does not trust our host name)
   */
  async status(signal?: AbortSignal): Promise<NextcloudStatus> {
    const call = {
      method: 'GET',
      path: '/status.php',
      login: null,
      isProbe: true,
      ...(signal ? { signal } : {}),
    } as const;
    const { status, bodyText } = await callNextcloud(this.endpoint, call);
    const { name } = this.endpoint.policy;
    if (status >= 500) throw failure('upstream-unavailable', name, 'status');
    const document = parseJson(bodyText);
    if (status !== 200 || typeof findField(document, 'installed') !== 'boolean') {
      throw failure('upstream-misconfigured', name, 'status');
    }
    return { state: stateOf(document), version: findText(document, 'versionstring') };
  }

  private unexpected({ statusCode }: OcsAnswer): DomainError {
    return new DomainError(statusCode === 403 ? 'nextcloud-provisioning-refused' : 'upstream-protocol-error', {
      logContext: { upstream: this.endpoint.policy.name, ocsStatus: statusCode },
    });
  }
}

function stateOf(document: unknown): NextcloudStatus['state'] {
  if (findField(document, 'installed') !== true) return 'not-installed';
  if (findField(document, 'maintenance') !== false) return 'maintenance';
  return findField(document, 'needsDbUpgrade') === true ? 'needs-upgrade' : 'ready';
}
