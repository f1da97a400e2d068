import { DomainError } from '../../../problem/domain-error.ts';
import type { ProblemCode } from '../../../problem/problem-codes.ts';
import type { NextcloudLogin } from '../../dav/nextcloud-credential.ts';
import { findField, isOcsSuccess, type OcsAnswer } from './ocs-envelope.ts';
import { findOcsUser, textsOf } from './ocs-user.ts';
import { callOcs, type NextcloudCall, type NextcloudEndpoint } from './ocs.transport.ts';
import type { NextcloudUser, OcsPage } from './ocs.types.ts';

/** What can be edited, one at a time. */
export type EditableField = 'email' | 'displayname' | 'quota';

type Refusals = Readonly<Record<number, ProblemCode>>;

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
