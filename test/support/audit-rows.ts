import type { Database } from '../../src/persistence/database.ts';

/** A row of the audit trail. */
export interface AuditRow {
  readonly action: string;
  readonly outcome: string;
  readonly target_id: string | null;
  readonly request_id: string;
  readonly actor_id: string | null;
  readonly details: Record<string, unknown>;
}

/** What the audit trail says of one user's doings of a kind, in order. */
export function auditRows(database: Database, userId: string, actions: string): Promise<AuditRow[]> {
  return database.read((em) =>
    em.execute<AuditRow[]>(
      'select action, outcome, target_id, request_id, actor_id, details from audit_events where actor_id = ? and action like ? order by sequence',
      [userId, actions],
    ),
  );
}
