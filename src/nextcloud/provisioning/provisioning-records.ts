import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AuditRecord } from '../../audit/audit-record.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import { User } from '../../users/user.entity.ts';
import { NextcloudProvisioning, type ProvisioningState } from './nextcloud-provisioning.entity.ts';

const ROWS_PER_RUN = 10;
/** Half a minute, doubled each time, at most six hours. */
const PAUSE = "least(interval '6 hours', interval '30 seconds' * power(2, least(attempts, 12)))";

/** A row and the account it is for; null for an account that has been erased. */
export interface Provisioning {
  readonly row: NextcloudProvisioning;
  readonly user: User | null;
}

/** The rows that say how far each account has come in Nextcloud. Each change of a state names the state before. */
@Injectable()
export class ProvisioningRecords {
  readonly #needsVerifiedAddress: boolean;

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    config: AuthConfig,
  ) {
    this.#needsVerifiedAddress = config.emailVerification !== 'off';
  }

  /** Takes those that are due. Where addresses are verified, nothing is made for one that is not. */
  claimDue(): Promise<readonly string[]> {
    return this.database.transaction(async (em) => {
      const rows = await em.execute<{ user_id: string }[]>(
        `update nextcloud_provisionings set attempts = attempts + 1, next_attempt_at = clock_timestamp() + ${PAUSE}
         where user_id in (
           select p.user_id from nextcloud_provisionings p left join users u on u.id = p.user_id
           where p.next_attempt_at <= clock_timestamp()
             and (p.state <> 'pending' or (u.is_active and (not ? or u.email_verified_at is not null)))
           order by p.next_attempt_at, p.user_id limit ${ROWS_PER_RUN} for update of p skip locked)
         returning user_id`,
        [this.#needsVerifiedAddress],
      );
      return rows.map((row) => row.user_id);
    });
  }

  findRecord(userId: string): Promise<Provisioning | null> {
    return this.database.read(async (em) => {
      const row = await em.findOne(NextcloudProvisioning, { userId });
      return row === null ? null : { row, user: await em.findOne(User, { id: userId }) };
    });
  }

  /** Notes the id and that Nextcloud has no such user, before the first creation is sent. @returns false when somebody was faster */
  beginCreating(userId: string, uid: string): Promise<boolean> {
    return this.database.transaction((em) =>
      isChanged(
        em,
        `update nextcloud_provisionings set state = 'creating', uid = ?, absent_seen_at = clock_timestamp(),
           problem_code = null, updated_at = now() where user_id = ? and state = 'pending' returning 1`,
        [uid, userId],
      ),
    );
  }

  /** The Nextcloud user is there and this server made it. */
  async concludeProvisioned(userId: string, isEnabled: boolean): Promise<void> {
    await this.database.transaction(async (em) => {
      const changed = await isChanged(
        em,
        `update nextcloud_provisionings set state = 'provisioned', problem_code = null, attempts = 0, is_enabled = ?,
           updated_at = now(), next_attempt_at = case when wants_enabled <> ? then now() end
         where user_id = ? and state = 'creating' returning 1`,
        [isEnabled, isEnabled, userId],
      );
      if (changed) await this.#append(em, userId, { state: 'provisioned' });
    });
  }

  /** An administrator has to look, unless one did while the attempt of `row` was under way and had it tried again. */
  async fail({ userId, attempts }: NextcloudProvisioning, code: ProblemCode, from: ProvisioningState): Promise<void> {
    await this.database.transaction(async (em) => {
      const changed = await isChanged(
        em,
        `update nextcloud_provisionings set state = 'failed', problem_code = ?, next_attempt_at = null, updated_at = now()
         where user_id = ? and state = ? and attempts = ? returning 1`,
        [code, userId, from, attempts],
      );
      if (changed) await this.#append(em, userId, { state: 'failed', code });
    });
  }

  /** What kept it from going on; the next attempt is due already. */
  async recordObstacle(userId: string, code: ProblemCode): Promise<void> {
    await this.database.read((em) =>
      em.execute('update nextcloud_provisionings set problem_code = ?, updated_at = now() where user_id = ?', [
        code,
        userId,
      ]),
    );
  }

  /** As Nextcloud has it now; `code` where the user is gone there. */
  async recordEnabled(userId: string, isEnabled: boolean, code: ProblemCode | null): Promise<void> {
    await this.database.transaction(async (em) => {
      await em.execute(
        `update nextcloud_provisionings set is_enabled = ?, problem_code = ?, attempts = 0, updated_at = now(),
           next_attempt_at = case when wants_enabled <> ? then now() end where user_id = ?`,
        [isEnabled, code, isEnabled, userId],
      );
      await this.#append(em, userId, { state: isEnabled ? 'enabled' : 'disabled', ...(code !== null && { code }) });
    });
  }

  /** A Nextcloud user is proved to belong to the account; one that this server made stays what it is. */
  async match(em: EntityManager, userId: string, uid: string): Promise<void> {
    const changed = await isChanged(
      em,
      `insert into nextcloud_provisionings (user_id, uid, state) values (?, ?, 'matched')
       on conflict (user_id) do update set state = 'matched', uid = excluded.uid, problem_code = null,
         next_attempt_at = null, updated_at = now()
       where nextcloud_provisionings.state in ('pending', 'failed')
         or (nextcloud_provisionings.state = 'matched' and nextcloud_provisionings.uid <> excluded.uid)
       returning 1`,
      [userId, uid],
    );
    if (changed) await this.#append(em, userId, { state: 'matched' });
  }

  async matchNow(userId: string, uid: string): Promise<void> {
    await this.database.transaction((em) => this.match(em, userId, uid));
  }

  /** A new account. */
  async request(em: EntityManager, userId: string): Promise<void> {
    await em.execute(
      `insert into nextcloud_provisionings (user_id, state, next_attempt_at) values (?, 'pending', clock_timestamp())
       on conflict (user_id) do nothing`,
      [userId],
    );
  }

  /** The Nextcloud user follows the activation of the account, where this server made it or is about to know. */
  async wish(em: EntityManager, userId: string, wantsEnabled: boolean): Promise<boolean> {
    return isChanged(
      em,
      `update nextcloud_provisionings set wants_enabled = ?, attempts = 0,
         next_attempt_at = case when state in ('creating', 'provisioned') then clock_timestamp() else next_attempt_at end
       where user_id = ? returning 1`,
      [wantsEnabled, userId],
    );
  }

  /** Rows of erased accounts, once nothing in Nextcloud depends on them; what may be an orphan there stays. */
  async forgetErased(): Promise<void> {
    await this.database.read((em) =>
      em.execute(
        `delete from nextcloud_provisionings p where not exists (select 1 from users u where u.id = p.user_id)
           and (p.state in ('pending', 'matched') or (p.state = 'failed' and p.absent_seen_at is null)
             or (p.state = 'provisioned' and not p.wants_enabled and not p.is_enabled))`,
      ),
    );
  }

  #append(
    em: EntityManager,
    userId: string,
    details: AuditRecord<'nextcloud-user.provision'>['details'],
  ): Promise<void> {
    return this.audit.append(em, {
      actorId: null,
      action: 'nextcloud-user.provision',
      outcome: 'code' in details ? 'failure' : 'success',
      targetType: 'user',
      targetId: userId,
      details,
    });
  }
}

async function isChanged(em: EntityManager, sql: string, parameters: readonly unknown[]): Promise<boolean> {
  return (await em.execute<unknown[]>(sql, [...parameters])).length > 0;
}
