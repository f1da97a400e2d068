import { Migration } from '@mikro-orm/migrations';

/** Jobs that take turns, the queue entry that may run a job, and when a regular scan is due. */
export class Migration20261201160000JobTurns extends Migration {
  override up(): void {
    this.addSql(`alter table "jobs" add column "is_long" boolean not null default false`);
    this.addSql(`alter table "jobs" add column "entry_id" uuid null`);
    this.addSql(
      `create index "jobs_queued_index" on "jobs" ("kind", "is_long", "updated_at") where "state" = 'queued'`,
    );
    this.addSql(`alter table "scan_states" add column "due_at" timestamptz null`);
  }

  override down(): void {
    this.addSql(`alter table "scan_states" drop column "due_at"`);
    this.addSql(`drop index "jobs_queued_index"`);
    this.addSql(`alter table "jobs" drop column "entry_id"`);
    this.addSql(`alter table "jobs" drop column "is_long"`);
  }
}
