import { DomainError, isDomainError } from '../../../problem/domain-error.ts';
import type { ProblemCode } from '../../../problem/problem-codes.ts';
import type { NextcloudLogin } from '../../dav/nextcloud-credential.ts';
import { findField, isOcsSuccess, type OcsAnswer } from '../../server/ocs-envelope.ts';
import { findOcsUser, textsOf, type NextcloudUser } from './ocs-user.ts';
import { callOcs, type NextcloudCall, type NextcloudEndpoint } from '../../server/ocs.transport.ts';

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

/** What can be edited, one at a time. */
export type EditableField = 'email' | 'displayname' | 'quota';

type Refusals = Readonly<Record<number, ProblemCode>>;

/** What Nextcloud allows in the id of a user it creates; others could not even be asked for (an encoded slash is 404). */
const CREATABLE_UID = /^[A-Za-z0-9 _.@'-]{1,64}$/;

/** Why `POST /cloud/users` refuses; 105 and 106 are the limits of a sub-admin. */
const CREATION_REFUSALS: Refusals = {
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

const MISSING_USER: Refusals = { 404: 'nextcloud-user-not-found', 998: 'nextcloud-user-not-found' };
const EDIT_REFUSALS: Refusals = {
  ...MISSING_USER,
  101: 'nextcloud-change-refused',
  102: 'nextcloud-change-refused',
  103: 'nextcloud-change-refused',
};
const GROUP_REFUSALS: Refusals = { 101: 'nextcloud-change-refused', 102: 'nextcloud-group-exists' };
const MEMBER_REFUSALS: Refusals = {
  ...MISSING_USER,
  101: 'nextcloud-change-refused',
  102: 'nextcloud-group-not-found',
  103: 'nextcloud-user-not-found',
  104: 'nextcloud-provisioning-refused',
  105: 'nextcloud-change-refused',
};

/**
 * Users and groups through the provisioning API, with the service account: writes need it as Basic. What comes back is
 * judged by `meta.statuscode`. All methods throw the codes of `readOcsAnswer` and of the outbound client, and
 * `nextcloud-provisioning-refused` where the service account may not.
 */
export class ProvisioningClient {
  constructor(private readonly endpoint: NextcloudEndpoint) {}

  /**
   * Creates a user.
   * @throws {DomainError} `nextcloud-user-exists`, `nextcloud-password-refused`, `nextcloud-user-refused`,
   *   `nextcloud-provisioning-refused`
   */
  async createUser(login: NextcloudLogin, user: NewNextcloudUser): Promise<CreationOutcome> {
    if (!CREATABLE_UID.test(user.userId)) throw new DomainError('nextcloud-user-refused');
    let answer: OcsAnswer;
    try {
      answer = await callOcs(this.endpoint, {
        method: 'POST',
        path: '/cloud/users',
        login,
        form: creationForm(user),
      });
    } catch (error) {
      const isUnclear = isDomainError(error, 'upstream-unavailable', 'upstream-timeout', 'upstream-protocol-error');
      if (isUnclear && (await this.userExists(login, user.userId))) return 'unconfirmed';
      throw error;
    }
    if (isOcsSuccess(answer)) return 'created';
    // 101 is also what the loser of a race between two creations gets.
    const hasLostRace = answer.statusCode === 101 && (await this.userExists(login, user.userId));
    throw this.refusal(answer, hasLostRace ? { 101: 'nextcloud-user-exists' } : CREATION_REFUSALS);
  }

  /** True also for a user that the service account may not see: the id is taken. */
  async userExists(login: NextcloudLogin, userId: string): Promise<boolean> {
    const answer = await callOcs(this.endpoint, { method: 'GET', path: userPath(userId), login });
    if (isOcsSuccess(answer) || answer.statusCode === 998) return true;
    if (answer.statusCode === 404) return false;
    throw this.refusal(answer, {});
  }

  /** Users in the order of the server. */
  async listUsers(login: NextcloudLogin, page: OcsPage): Promise<NextcloudUser[]> {
    const answer = await this.call({ method: 'GET', path: `/cloud/users/details?${queryOf(page)}`, login }, {});
    // Where there are none it is an empty list instead of an object.
    return Object.values(objectOf(findField(answer.data, 'users'))).flatMap((each) => findOcsUser(each) ?? []);
  }

  /** Null when there is none; `hidden` for one that exists and that the service account may not see. */
  async findUser(login: NextcloudLogin, uid: string): Promise<NextcloudUser | 'hidden' | null> {
    const answer = await callOcs(this.endpoint, { method: 'GET', path: userPath(uid), login });
    if (answer.statusCode === 404) return null;
    if (answer.statusCode === 998) return 'hidden';
    const user = isOcsSuccess(answer) ? findOcsUser(answer.data) : null;
    if (user === null) throw this.refusal(answer, {});
    return user;
  }

  /**
   * Success does not say that the value was stored: read it back.
   * @throws {DomainError} `nextcloud-change-refused`, `nextcloud-user-not-found`
   */
  async edit(login: NextcloudLogin, uid: string, change: { key: EditableField; value: string }): Promise<void> {
    await this.call({ method: 'PUT', path: userPath(uid), login, form: { ...change } }, EDIT_REFUSALS);
  }

  /**
   * Repeating it is harmless.
   * @throws {DomainError} `nextcloud-user-not-found`
   */
  async setEnabled(login: NextcloudLogin, uid: string, isEnabled: boolean): Promise<void> {
    const path = `${userPath(uid)}/${isEnabled ? 'enable' : 'disable'}`;
    // 101 is a missing user, or the caller himself.
    await this.call({ method: 'PUT', path, login }, { ...MISSING_USER, 101: 'nextcloud-user-not-found' });
  }

  /** @throws {DomainError} `nextcloud-user-not-found` */
  async deleteUser(login: NextcloudLogin, uid: string): Promise<void> {
    const refusals = { ...MISSING_USER, 101: 'nextcloud-change-refused' } as const;
    await this.call({ method: 'DELETE', path: userPath(uid), login }, refusals);
  }

  /** Ids of groups. */
  async listGroups(login: NextcloudLogin, page: OcsPage): Promise<string[]> {
    const answer = await this.call({ method: 'GET', path: `/cloud/groups?${queryOf(page)}`, login }, {});
    return textsOf(findField(answer.data, 'groups'));
  }

  /** @throws {DomainError} `nextcloud-group-exists`, `nextcloud-change-refused` */
  async createGroup(login: NextcloudLogin, groupId: string): Promise<void> {
    await this.call({ method: 'POST', path: '/cloud/groups', login, form: { groupid: groupId } }, GROUP_REFUSALS);
  }

  /**
   * Repeating it is harmless.
   * @throws {DomainError} `nextcloud-group-not-found`, `nextcloud-user-not-found`
   */
  async addToGroup(login: NextcloudLogin, uid: string, groupId: string): Promise<void> {
    const path = `${userPath(uid)}/groups`;
    await this.call({ method: 'POST', path, login, form: { groupid: groupId } }, MEMBER_REFUSALS);
  }

  /**
   * Repeating it is harmless, and so is one who was no member.
   * @throws {DomainError} `nextcloud-group-not-found`, `nextcloud-user-not-found`, `nextcloud-change-refused`
   */
  async removeFromGroup(login: NextcloudLogin, uid: string, groupId: string): Promise<void> {
    const path = `${userPath(uid)}/groups?${new URLSearchParams({ groupid: groupId }).toString()}`;
    await this.call({ method: 'DELETE', path, login }, MEMBER_REFUSALS);
  }

  private async call(call: NextcloudCall, refusals: Refusals): Promise<OcsAnswer> {
    const answer = await callOcs(this.endpoint, call);
    if (!isOcsSuccess(answer)) throw this.refusal(answer, refusals);
    return answer;
  }

  private refusal({ statusCode }: OcsAnswer, refusals: Refusals): DomainError {
    const fallback = statusCode === 403 ? 'nextcloud-provisioning-refused' : 'upstream-protocol-error';
    return new DomainError(refusals[statusCode] ?? fallback, {
      logContext: { upstream: this.endpoint.policy.name, ocsStatus: statusCode },
    });
  }
}

function userPath(uid: string): string {
  return `/cloud/users/${encodeURIComponent(uid)}`;
}

function queryOf({ search, limit, offset }: OcsPage): string {
  return new URLSearchParams({
    ...(search !== undefined && { search }),
    limit: String(limit),
    offset: String(offset),
  }).toString();
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
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
