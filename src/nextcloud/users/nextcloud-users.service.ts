import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError, isDomainError, type FieldProblem } from '../../problem/domain-error.ts';
import type { EditableField } from './protocol/provisioning.client.ts';
import type { NextcloudUser } from './protocol/ocs-user.ts';
import type { OcsPage } from './protocol/provisioning.client.ts';
import { ServiceAccount } from './service-account.ts';

const ADMINISTRATORS = 'admin';
const RANDOM_PASSWORD_BYTES = 36;
/** Nextcloud keeps a quota as text with one decimal: 1234 MB become 1.2 GB. */
const QUOTA_ROUNDING = 0.05;

/** A user to create. */
export interface UserRequest {
  readonly uid: string;
  /** Null lets Nextcloud mail a link to set one, or makes one that nobody knows where there is no address. */
  readonly password: string | null;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly groups: readonly string[];
  /** Undefined for the default of Nextcloud, null for unlimited. */
  readonly quotaBytes?: number | null | undefined;
}

/** What to change; undefined leaves a field as it is. */
export interface UserEdit {
  readonly displayName?: string | undefined;
  /** Null removes it. */
  readonly email?: string | null | undefined;
  /** Null for unlimited. */
  readonly quotaBytes?: number | null | undefined;
}

/** A change of one user, as the audit trail names it. */
interface UserChange {
  readonly verb: 'create' | 'update' | 'enable' | 'disable' | 'delete' | 'group-add' | 'group-remove';
  readonly uid: string;
}

/** One page of something, and where the next one begins; null when nothing follows. */
export interface OcsPageOf<Entry> {
  readonly entries: readonly Entry[];
  readonly nextOffset: number | null;
}

/** Users of Nextcloud, for administrators. The service account and the administrators of Nextcloud are out of reach. */
@Injectable()
export class NextcloudUsersService {
  constructor(
    private readonly account: ServiceAccount,
    private readonly audit: AuditTrail,
  ) {}

  async list(principal: Principal, page: OcsPage): Promise<OcsPageOf<NextcloudUser>> {
    const found = await this.account.use((login, client) =>
      client.listUsers(login, { ...page, limit: page.limit + 1 }),
    );
    const entries = found.slice(0, page.limit);
    await this.audit.record({
      actorId: principal.userId,
      action: 'nextcloud-user.list',
      outcome: 'success',
      details: { count: entries.length },
    });
    return { entries, nextOffset: found.length > page.limit ? page.offset + page.limit : null };
  }

  /** @throws DomainError `nextcloud-user-not-found` */
  async read(principal: Principal, uid: string): Promise<NextcloudUser> {
    const user = await this.#find(uid);
    await this.audit.record({
      actorId: principal.userId,
      action: 'nextcloud-user.read',
      outcome: 'success',
      targetType: 'nextcloud-user',
      targetId: auditedUid(uid),
    });
    return user;
  }

  /**
   * Creates a user and reads it back.
   *
   * @throws DomainError `nextcloud-user-exists`, `nextcloud-user-refused`, `nextcloud-password-refused`,
   *   `nextcloud-user-protected` for the group of administrators
   */
  async create(principal: Principal, request: UserRequest): Promise<NextcloudUser> {
    const { uid, email, displayName, groups, quotaBytes } = request;
    if (groups.includes(ADMINISTRATORS)) throw new DomainError('nextcloud-user-protected');
    const password = request.password ?? (email === null ? randomPassword() : undefined);
    await this.#followed(principal, { verb: 'create', uid }, () =>
      this.account.use((login, client) =>
        client.createUser(login, {
          userId: uid,
          groups,
          ...(password !== undefined && { password }),
          ...(email !== null && { email }),
          ...(displayName !== null && { displayName }),
          ...(quotaBytes !== undefined && { quota: quotaText(quotaBytes) }),
        }),
      ),
    );
    return this.#find(uid);
  }

  /**
   * Changes a user and reads it back, because Nextcloud says yes to some values and stores others.
   *
   * @throws DomainError `nextcloud-user-not-found`, `nextcloud-user-protected`, `nextcloud-change-refused` with the
   *   fields in `errors`
   */
  async edit(principal: Principal, uid: string, edit: UserEdit): Promise<NextcloudUser> {
    await this.#requireChangeable(uid);
    const changes = changesOf(edit);
    for (const { pointer, ...change } of changes) {
      await this.#followed(principal, { verb: 'update', uid }, () =>
        this.account
          .use((login, client) => client.edit(login, uid, change))
          .catch((error: unknown) => {
            throw isDomainError(error, 'nextcloud-change-refused') ? refusedAt([pointer]) : error;
          }),
      );
    }
    const stored = await this.#find(uid);
    const others = changes.filter(({ isStored }) => !isStored(stored)).map(({ pointer }) => pointer);
    if (others.length > 0) throw refusedAt(others);
    return stored;
  }

  /** @throws DomainError `nextcloud-user-not-found`, `nextcloud-user-protected` */
  async setEnabled(principal: Principal, uid: string, isEnabled: boolean): Promise<NextcloudUser> {
    await this.#requireChangeable(uid);
    await this.#followed(principal, { verb: isEnabled ? 'enable' : 'disable', uid }, () =>
      this.account.use((login, client) => client.setEnabled(login, uid, isEnabled)),
    );
    return this.#find(uid);
  }

  /** Deletes a user with everything that belongs to it. @throws DomainError `nextcloud-user-not-found`, `nextcloud-user-protected` */
  async delete(principal: Principal, uid: string): Promise<void> {
    await this.#requireChangeable(uid);
    await this.#followed(principal, { verb: 'delete', uid }, () =>
      this.account.use((login, client) => client.deleteUser(login, uid)),
    );
  }

  /** @throws DomainError `nextcloud-group-not-found`, `nextcloud-user-not-found`, `nextcloud-user-protected` */
  async setMember(
    principal: Principal,
    { uid, groupId }: { readonly uid: string; readonly groupId: string },
    isMember: boolean,
  ): Promise<void> {
    if (groupId === ADMINISTRATORS) throw new DomainError('nextcloud-user-protected');
    await this.#requireChangeable(uid);
    await this.#followed(principal, { verb: isMember ? 'group-add' : 'group-remove', uid }, () =>
      this.account.use((login, client) =>
        isMember ? client.addToGroup(login, uid, groupId) : client.removeFromGroup(login, uid, groupId),
      ),
    );
  }

  async #find(uid: string): Promise<NextcloudUser> {
    const user = await this.account.use((login, client) => client.findUser(login, uid));
    if (user === null || user === 'hidden') throw new DomainError('nextcloud-user-not-found');
    return user;
  }

  async #requireChangeable(uid: string): Promise<void> {
    const user = await this.#find(uid);
    if (user.groups.includes(ADMINISTRATORS) || (await this.account.is(user.uid))) {
      throw new DomainError('nextcloud-user-protected');
    }
  }

  async #followed(principal: Principal, change: UserChange, call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      const code = isDomainError(error) ? error.code : 'internal-error';
      await this.#recordChange(principal, change, code);
      throw error;
    }
    await this.#recordChange(principal, change);
  }

  #recordChange(principal: Principal, { verb, uid }: UserChange, code?: string): Promise<void> {
    return this.audit.record({
      actorId: principal.userId,
      action: `nextcloud-user.${verb}`,
      outcome: code === undefined ? 'success' : 'failure',
      targetType: 'nextcloud-user',
      targetId: auditedUid(uid),
      ...(code !== undefined && { details: { code } }),
    });
  }
}

/** A user id may be somebody's address, which the trail never holds: the beginning of its SHA-256, in lower case. */
export function auditedUid(uid: string): string {
  return `sha256:${createHash('sha256').update(uid.toLowerCase()).digest('hex').slice(0, 32)}`;
}

/** How Nextcloud wants a quota. */
export function quotaText(bytes: number | null): string {
  return bytes === null ? 'none' : String(bytes);
}

/** Passes any policy; nobody knows it. */
function randomPassword(): string {
  return `${randomBytes(RANDOM_PASSWORD_BYTES).toString('base64url')}-aA1`;
}

function refusedAt(pointers: readonly string[]): DomainError {
  const errors: FieldProblem[] = pointers.map((pointer) => ({
    pointer,
    detail: 'Nextcloud does not store this value.',
  }));
  return new DomainError('nextcloud-change-refused', { errors });
}

interface FieldChange {
  readonly key: EditableField;
  readonly value: string;
  readonly pointer: string;
  readonly isStored: (user: NextcloudUser) => boolean;
}

function changesOf({ displayName, email, quotaBytes }: UserEdit): FieldChange[] {
  const changes: FieldChange[] = [];
  if (displayName !== undefined) {
    const isStored = (user: NextcloudUser): boolean => user.displayName === displayName.trim();
    changes.push({ key: 'displayname', value: displayName, pointer: '/display_name', isStored });
  }
  if (email !== undefined) {
    const isStored = (user: NextcloudUser): boolean => (user.email ?? '').toLowerCase() === (email ?? '').toLowerCase();
    changes.push({ key: 'email', value: email ?? '', pointer: '/email', isStored });
  }
  if (quotaBytes !== undefined) {
    const isStored = ({ quota: { limitBytes } }: NextcloudUser): boolean =>
      quotaBytes === null || limitBytes === null
        ? limitBytes === quotaBytes
        : Math.abs(limitBytes - quotaBytes) <= quotaBytes * QUOTA_ROUNDING;
    changes.push({ key: 'quota', value: quotaText(quotaBytes), pointer: '/quota_bytes', isStored });
  }
  return changes;
}
