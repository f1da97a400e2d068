import { Migration } from '@mikro-orm/migrations';

/** Jobs that wait for another server: since when, and when they are tried again. */
export class Migration20261201120000WaitingJobs extends Migration {
  override up(): void {
    this.addSql(`alter table "jobs" add column "waiting_since" timestamptz null`);
    this.addSql(`alter table "jobs" add column "next_attempt_at" timestamptz null`);
  }

  override down(): void {
    this.addSql(`alter table "jobs" drop column "next_attempt_at"`);
    this.addSql(`alter table "jobs" drop column "waiting_since"`);
  }
}
