import { failure } from '../../../outbound/transport-error.ts';
import { DomainError, isDomainError } from '../../../problem/domain-error.ts';
import type { ProblemCode } from '../../../problem/problem-codes.ts';
import type { NextcloudLogin } from '../../dav/nextcloud-credential.ts';
import { findField, findText, isOcsSuccess, parseJson, type OcsAnswer } from './ocs-envelope.ts';
import { callNextcloud, callOcs, type NextcloudEndpoint } from './ocs.transport.ts';
import type {
  CreationOutcome,
  NewNextcloudUser,
  NextcloudCapabilities,
  NextcloudSelf,
  NextcloudStatus,
} from './ocs.types.ts';

/** Options of {@link OcsClient.self}. */
export interface SelfOptions {
  /** False for a password attempt: sent once, even when the connection breaks. Default true. */
  readonly isRepeatable?: boolean;
  readonly signal?: AbortSignal;
}

/** Becomes a name in DAV paths, so it must not be able to leave its place. */
const UID = /^(?!\.{1,2}$)[^/\\\p{Cc}]{1,255}$/u;

/** What Nextcloud allows in the id of a user it creates; others could not even be asked for (an encoded slash is 404). */
const CREATABLE_UID = /^[A-Za-z0-9 _.@'-]{1,64}$/;

/** Why `POST /cloud/users` refuses; 105 and 106 are the limits of a sub-admin. */
const CREATION_REFUSALS: Readonly<Record<number, ProblemCode>> = {
  101: 'nextcloud-user-refused',
  102: 'nextcloud-user-exists',
  103: 'nextcloud-user-refused',
  104: 'nextcloud-user-refused',
  105: 'nextcloud-provisioning-refused',
  106: 'nextcloud-provisioning-refused',
  107: 'nextcloud-password-refused',
  108: 'nextcloud-user-refused',
  403: 'nextcloud-provisioning-refused',
  998: 'nextcloud-provisioning-refused',
};

/**
 * Nextcloud's OCS API: who am I, what can you do, and provisioning with the operator's service account.
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

  /**
   * Creates a user with the operator's service account (Basic: Nextcloud asks for it on writes).
   * @throws {DomainError} `nextcloud-user-exists`, `nextcloud-password-refused`, `nextcloud-user-refused`,
   *   `nextcloud-provisioning-refused`
   */
  async createUser(admin: NextcloudLogin, user: NewNextcloudUser): Promise<CreationOutcome> {
    if (!CREATABLE_UID.test(user.userId)) throw new DomainError('nextcloud-user-refused');
    let answer: OcsAnswer;
    try {
      answer = await callOcs(this.endpoint, {
        method: 'POST',
        path: '/cloud/users',
        login: admin,
        form: creationForm(user),
      });
    } catch (error) {
      const isUnclear = isDomainError(error, 'upstream-unavailable', 'upstream-timeout', 'upstream-protocol-error');
      if (isUnclear && (await this.userExists(admin, user.userId))) return 'unconfirmed';
      throw error;
    }
    if (isOcsSuccess(answer)) return 'created';
    // 101 is also what the loser of a race between two creations gets.
    const hasLostRace = answer.statusCode === 101 && (await this.userExists(admin, user.userId));
    const code = hasLostRace ? 'nextcloud-user-exists' : CREATION_REFUSALS[answer.statusCode];
    throw code ? this.refusal(code, answer) : this.unexpected(answer);
  }

  /** True also for a user that the service account may not see: the id is taken. */
  async userExists(admin: NextcloudLogin, userId: string): Promise<boolean> {
    const path = `/cloud/users/${encodeURIComponent(userId)}`;
    const answer = await callOcs(this.endpoint, { method: 'GET', path, login: admin });
    if (isOcsSuccess(answer) || answer.statusCode === 998) return true;
    if (answer.statusCode === 404) return false;
    throw this.unexpected(answer);
  }

  private refusal(code: ProblemCode, answer: OcsAnswer): DomainError {
    return new DomainError(code, { logContext: { upstream: this.endpoint.policy.name, ocsStatus: answer.statusCode } });
  }

  private unexpected(answer: OcsAnswer): DomainError {
    return this.refusal(
      answer.statusCode === 403 ? 'nextcloud-provisioning-refused' : 'upstream-protocol-error',
      answer,
    );
  }
}

function stateOf(document: unknown): NextcloudStatus['state'] {
  if (findField(document, 'installed') !== true) return 'not-installed';
  if (findField(document, 'maintenance') !== false) return 'maintenance';
  return findField(document, 'needsDbUpgrade') === true ? 'needs-upgrade' : 'ready';
}

function creationForm(user: NewNextcloudUser): [string, string][] {
  const form: [string, string][] = [
    ['userid', user.userId],
    ['password', user.password ?? ''],
  ];
  if (user.displayName !== undefined) form.push(['displayName', user.displayName]);
  if (user.email !== undefined) form.push(['email', user.email]);
  if (user.quota !== undefined) form.push(['quota', user.quota]);
  for (const group of user.groups ?? []) form.push(['groups[]', group]);
  return form;
}
