import { Injectable } from '@nestjs/common';
import type { EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import type { Principal } from '../access/principal.ts';
import type { AuditRecord } from '../audit/audit-record.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { AccountLifecycle } from './account-lifecycle.ts';
import { lockWithAdministrators } from './account-lock.ts';
import { User } from './user.entity.ts';

/** What an administrator may change about an account; undefined leaves a field as it is. */
export interface UserChange {
  readonly fullName?: string | null | undefined;
  readonly isActive?: boolean | undefined;
  readonly isAdmin?: boolean | undefined;
}

/** One page of accounts in the order of their ids. */
export interface UserPage {
  readonly users: readonly User[];
  /** Last id of the page; null when nothing follows. */
  readonly nextCursor: string | null;
}

/** Which accounts; undefined leaves a filter out. */
export interface UserFilter {
  /** Part of the address or the name, in any spelling of upper and lower case. */
  readonly search?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly isAdmin?: boolean | undefined;
}

/** Which page: at most `limit` accounts with ids after `cursor`. */
export interface UserPageRequest {
  readonly filter: UserFilter;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** Administration of accounts; every call is audited, and a change of rights ends the sessions of the account. */
@Injectable()
export class UserAdministrationService {
  constructor(
    private readonly database: Database,
    private readonly trail: AuditTrail,
    private readonly lifecycle: AccountLifecycle,
  ) {}

  async list(principal: Principal, { filter, limit, cursor }: UserPageRequest): Promise<UserPage> {
    return this.database.transaction(async (em) => {
      const found = await em.find(User, conditions(filter, cursor), {
        orderBy: { id: 'asc' },
        limit: limit + 1,
      });
      const users = found.slice(0, limit);
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'user.list',
        outcome: 'success',
        details: { count: users.length },
      });
      return { users, nextCursor: found.length > limit ? (users.at(-1)?.id ?? null) : null };
    });
  }

  /** @throws DomainError `not-found` */
  async read(principal: Principal, userId: string): Promise<User> {
    return this.database.transaction(async (em) => {
      const user = await em.findOne(User, { id: userId });
      if (user === null) throw new DomainError('not-found');
      if (userId !== principal.userId) {
        await this.trail.append(em, { ...about(principal, userId), action: 'user.read' });
      }
      return user;
    });
  }

  /** @throws DomainError `not-found`, `forbidden`, or `self-protection` for the own role or activation */
  async update(principal: Principal, userId: string, change: UserChange): Promise<User> {
    const isLoss = change.isActive === false || change.isAdmin === false;
    if (userId === principal.userId && isLoss) throw new DomainError('self-protection');
    return this.database.transaction(async (em) => {
      const before = await this.#lock(em, principal, userId);
      const records = changeRecords(principal, before, change);
      if (records.length === 0) return before;
      const isChangeOfRights = records.some((each) => each.action !== 'user.update');
      await store(em, before, change);
      if (change.isActive === false) await this.lifecycle.deactivate(em, userId);
      else if (change.isActive === true && !before.isActive) await this.lifecycle.reactivate(em, userId);
      if (change.isActive !== false && isChangeOfRights) await this.lifecycle.endSessions(em, userId);
      await this.trail.append(em, ...records);
      return em.findOneOrFail(User, { id: userId }, { refresh: true });
    });
  }

  /** Ends every session of an account. @throws DomainError `not-found`, `forbidden` */
  async revokeSessions(principal: Principal, userId: string): Promise<void> {
    await this.database.transaction(async (em) => {
      await this.#lock(em, principal, userId);
      await this.lifecycle.endSessions(em, userId);
      await this.trail.append(em, { ...about(principal, userId), action: 'user.sessions-revoke' });
    });
  }

  /**
   * Two administrators who demote each other at the same time must not both succeed. Who acts stays an administrator,
   * so there is always one left.
   */
  async #lock(em: EntityManager, principal: Principal, userId: string): Promise<User> {
    await lockWithAdministrators(em, principal.userId, userId);
    const actor = await em.findOne(User, { id: principal.userId });
    if (actor?.isAdmin !== true || !actor.isActive) throw new DomainError('forbidden');
    const user = await em.findOne(User, { id: userId });
    if (user === null) throw new DomainError('not-found');
    return user;
  }
}

function conditions({ search, isActive, isAdmin }: UserFilter, cursor: string | undefined): FilterQuery<User> {
  const pattern = search === undefined ? undefined : `%${search.normalize('NFC').replaceAll(/[\\%_]/g, '\\$&')}%`;
  return {
    ...(cursor !== undefined && { id: { $gt: cursor } }),
    ...(isActive !== undefined && { isActive }),
    ...(isAdmin !== undefined && { isAdmin }),
    ...(pattern !== undefined && { $or: [{ email: { $ilike: pattern } }, { fullName: { $ilike: pattern } }] }),
  };
}

function about(principal: Principal, userId: string) {
  return { actorId: principal.userId, outcome: 'success', targetType: 'user', targetId: userId } as const;
}

function changeRecords(principal: Principal, user: User, change: UserChange): AuditRecord[] {
  const success = about(principal, user.id);
  const records: AuditRecord[] = [];
  if (change.fullName !== undefined && change.fullName !== (user.fullName ?? null)) {
    records.push({ ...success, action: 'user.update', details: { fields: 'full_name' } });
  }
  if (change.isActive !== undefined && change.isActive !== user.isActive) {
    records.push({ ...success, action: change.isActive ? 'user.reactivate' : 'user.deactivate' });
  }
  if (change.isAdmin !== undefined && change.isAdmin !== user.isAdmin) {
    const role = change.isAdmin ? 'admin' : 'user';
    records.push({ ...success, action: 'user.role-change', details: { role } });
  }
  return records;
}

async function store(em: EntityManager, user: User, change: UserChange): Promise<void> {
  await em.execute('update users set full_name = ?, is_active = ?, is_admin = ?, updated_at = now() where id = ?', [
    change.fullName === undefined ? (user.fullName ?? null) : change.fullName,
    change.isActive ?? user.isActive,
    change.isAdmin ?? user.isAdmin,
    user.id,
  ]);
}
