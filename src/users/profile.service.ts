import { Injectable } from '@nestjs/common';
import type { Principal } from '../access/principal.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { User } from './user.entity.ts';

/** What users may change about themselves; undefined leaves a field as it is. */
export interface ProfileChange {
  readonly fullName: string | null | undefined;
}

/** The own account. */
@Injectable()
export class ProfileService {
  readonly #database: Database;
  readonly #trail: AuditTrail;

  constructor(database: Database, trail: AuditTrail) {
    this.#database = database;
    this.#trail = trail;
  }

  /** @throws DomainError `unauthenticated` when the account is gone */
  async own(principal: Principal): Promise<User> {
    const user = await this.#database.read((em) => em.findOne(User, { id: principal.userId }));
    if (user === null) throw new DomainError('unauthenticated');
    return user;
  }

  async update(principal: Principal, { fullName }: ProfileChange): Promise<User> {
    if (fullName !== undefined) {
      await this.#database.transaction(async (em) => {
        await em.execute('update users set full_name = ?, updated_at = now() where id = ?', [
          fullName,
          principal.userId,
        ]);
        await this.#trail.append(em, {
          actorId: principal.userId,
          action: 'user.update',
          outcome: 'success',
          targetType: 'user',
          targetId: principal.userId,
          details: { fields: 'full_name' },
        });
      });
    }
    return this.own(principal);
  }
}
