import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import type { SignOnFailures } from './server-snapshot.ts';

/** The audit trail as far as it tells why logins with Nextcloud failed. */
@Injectable()
export class SignOnHistory {
  constructor(private readonly database: Database) {}

  /** Failures of the last day, by reason. */
  async lastDay(provider: string): Promise<SignOnFailures[]> {
    const rows = await this.database.read((em) =>
      em.execute<{ reason: string | null; count: number }[]>(
        `select details->>'reason' as reason, count(*)::int as count from audit_events
         where action = 'sso.login' and outcome = 'failure' and target_id = ? and occurred_at > now() - interval '1 day'
         group by 1`,
        [provider],
      ),
    );
    return rows.map(({ reason, count }) => ({ reason: reason ?? '', count }));
  }
}
