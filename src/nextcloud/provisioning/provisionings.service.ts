import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { NextcloudProvisioning, type ProvisioningState } from './nextcloud-provisioning.entity.ts';
import { PROVISIONING } from './provisioning-events.ts';

/** Which rows: at most `limit` after `cursor`. */
export interface ProvisioningPageRequest {
  readonly states: readonly ProvisioningState[] | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** One page of rows in the order of the accounts. */
export interface ProvisioningPage {
  readonly rows: readonly NextcloudProvisioning[];
  readonly nextCursor: string | null;
}

/** What became of each account in Nextcloud, for administrators. */
@Injectable()
export class ProvisioningsService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly tasks: Tasks,
  ) {}

  async list(principal: Principal, { states, limit, cursor }: ProvisioningPageRequest): Promise<ProvisioningPage> {
    return this.database.transaction(async (em) => {
      const found = await em.find(
        NextcloudProvisioning,
        {
          ...(states !== undefined && { state: { $in: [...states] } }),
          ...(cursor !== undefined && { userId: { $gt: cursor } }),
        },
        { orderBy: { userId: 'asc' }, limit: limit + 1 },
      );
      const rows = found.slice(0, limit);
      await this.audit.append(em, {
        actorId: principal.userId,
        action: 'nextcloud-user.provision-list',
        outcome: 'success',
        details: { count: rows.length },
      });
      return { rows, nextCursor: found.length > limit ? (rows.at(-1)?.userId ?? null) : null };
    });
  }

  /**
   * Begins a failed one anew and does at once what waits for its time. One that is settled stays as it is.
   *
   * @throws DomainError `not-found`
   */
  async retry(principal: Principal, userId: string): Promise<NextcloudProvisioning> {
    const row = await this.database.transaction(async (em) => {
      await em.execute(
        `update nextcloud_provisionings set attempts = 0, updated_at = now(),
           next_attempt_at = case when state in ('pending', 'creating', 'failed') or wants_enabled <> is_enabled
             then clock_timestamp() end,
           absent_seen_at = case when state = 'failed' then null else absent_seen_at end,
           problem_code = case when state = 'failed' then null else problem_code end,
           state = case when state = 'failed' then 'pending' else state end
         where user_id = ?`,
        [userId],
      );
      const found = await em.findOne(NextcloudProvisioning, { userId });
      if (found === null) throw new DomainError('not-found');
      await this.tasks.add(em, PROVISIONING, {});
      await this.audit.append(em, {
        actorId: principal.userId,
        action: 'nextcloud-user.provision-retry',
        outcome: 'success',
        targetType: 'user',
        targetId: userId,
      });
      return found;
    });
    this.tasks.wake(PROVISIONING);
    return row;
  }
}
