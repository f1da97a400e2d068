import { Injectable } from '@nestjs/common';
import type { Principal } from '../access/principal.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { ProfileLoader, type Profile } from './profile-loader.ts';

/** What users may change about themselves; undefined leaves a field as it is. */
export interface ProfileChange {
  readonly fullName: string | null | undefined;
}

/** The own account. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly loader: ProfileLoader,
    private readonly database: Database,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `unauthenticated` when the account is gone */
  async own(principal: Principal): Promise<Profile> {
    const profile = await this.loader.findProfile(principal.userId);
    if (profile === undefined) throw new DomainError('unauthenticated');
    return profile;
  }

  async update(principal: Principal, { fullName }: ProfileChange): Promise<Profile> {
    if (fullName !== undefined) {
      await this.database.transaction(async (em) => {
        await em.execute('update users set full_name = ?, updated_at = now() where id = ?', [
          fullName,
          principal.userId,
        ]);
        await this.trail.append(em, {
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
