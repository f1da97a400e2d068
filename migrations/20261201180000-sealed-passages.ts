import { Migration } from '@mikro-orm/migrations';

/** The text of passages is sealed; `SealPassages` seals what is there already. */
export class Migration20261201180000SealedPassages extends Migration {
  override up(): void {
    this.addSql(`alter table "chunks" add column "is_sealed" boolean not null default false`);
    this.addSql(`create index "chunks_unsealed_index" on "chunks" ("user_id") where not is_sealed`);
  }

  override down(): void {
    this.addSql(`delete from "chunks" where "is_sealed"`);
    this.addSql(`update "documents" set "state" = 'pending', "must_reindex" = true where "state" = 'indexed'`);
    this.addSql(`drop index "chunks_unsealed_index"`);
    this.addSql(`alter table "chunks" drop column "is_sealed"`);
  }
}
