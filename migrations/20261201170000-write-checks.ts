import { Migration } from '@mikro-orm/migrations';

/** A table that readiness writes into, so that it needs new space on disk each time. */
export class Migration20261201170000WriteChecks extends Migration {
  override up(): void {
    this.addSql(`create table "write_checks" ("checked_at" timestamptz not null)`);
  }

  override down(): void {
    this.addSql(`drop table "write_checks"`);
  }
}
