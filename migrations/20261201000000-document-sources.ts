import { Migration } from '@mikro-orm/migrations';

/** Documents, folders, scans and rules of several sources; what is there already belongs to Nextcloud. */
export class Migration20261201000000DocumentSources extends Migration {
  override up(): void {
    for (const table of ['documents', ...KEYED]) {
      this.addSql(`alter table "${table}" add column "source" varchar(32) not null default 'nextcloud'`);
      this.addSql(`alter table "${table}" alter column "source" drop default`);
    }
    this.addSql(`alter table "documents" drop constraint "documents_user_id_file_id_unique"`);
    this.addSql(
      `alter table "documents" add constraint "documents_user_id_source_file_id_unique" unique ("user_id", "source", "file_id")`,
    );
    for (const table of KEYED) this.addSql(`alter table "${table}" drop constraint "${table}_pkey"`);
    this.addSql(`alter table "scanned_folders" add primary key ("user_id", "source", "file_id")`);
    this.addSql(`alter table "scan_states" add primary key ("user_id", "source")`);
    this.addSql(`alter table "index_rules" add primary key ("user_id", "source")`);
    for (const table of ONE_PER_USER) this.#replaceOwner(table, '');
    this.addSql(`update "jobs" set "parameters" = "parameters" || '{"source":"nextcloud"}' where "kind" in ${JOBS}`);
    this.addSql(`update "jobs" set "exclusivity_key" = 'nextcloud' where "kind" in ${JOBS_OF_A_SOURCE}`);
  }

  /** An older version knows one source only: what came from others goes, and they can be read again. */
  override down(): void {
    this.addSql(`update "jobs" set "exclusivity_key" = '' where "kind" in ${JOBS_OF_A_SOURCE}`);
    this.addSql(`update "jobs" set "parameters" = "parameters" - 'source' where "kind" in ${JOBS}`);
    for (const table of ['documents', ...KEYED]) this.addSql(`delete from "${table}" where "source" <> 'nextcloud'`);
    for (const table of ONE_PER_USER) this.#replaceOwner(table, 'on update cascade');
    for (const table of KEYED) this.addSql(`alter table "${table}" drop constraint "${table}_pkey"`);
    this.addSql(`alter table "index_rules" add primary key ("user_id")`);
    this.addSql(`alter table "scan_states" add primary key ("user_id")`);
    this.addSql(`alter table "scanned_folders" add primary key ("user_id", "file_id")`);
    this.addSql(`alter table "documents" drop constraint "documents_user_id_source_file_id_unique"`);
    this.addSql(
      `alter table "documents" add constraint "documents_user_id_file_id_unique" unique ("user_id", "file_id")`,
    );
    for (const table of ['documents', ...KEYED]) this.addSql(`alter table "${table}" drop column "source"`);
  }

  /** The id of a user never changes; the ORM declares what would happen where it is the whole primary key. */
  #replaceOwner(table: string, onUpdate: string): void {
    const name = `${table}_user_id_foreign`;
    this.addSql(`alter table "${table}" drop constraint "${name}"`);
    this.addSql(
      `alter table "${table}" add constraint "${name}" foreign key ("user_id") references "users" ("id") ${onUpdate} on delete cascade`,
    );
  }
}

/** Tables whose primary key holds the source. */
const KEYED = ['scanned_folders', 'scan_states', 'index_rules'];

/** Those of which a user had one row. */
const ONE_PER_USER = ['scan_states', 'index_rules'];

/** Jobs that read a source, and the one that forgets it. */
const JOBS = `('scan', 'index-file', 'source-unlinked')`;

/** Those of which a user has at most one open for each source. */
const JOBS_OF_A_SOURCE = `('scan', 'source-unlinked')`;
