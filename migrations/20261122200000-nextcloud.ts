import { Migration } from '@mikro-orm/migrations';

/** Provisioned Nextcloud users, rules of what is indexed, signed requests. */
export class Migration20261122200000Nextcloud extends Migration {
  override up(): void {
    for (const statement of UP) this.addSql(statement);
  }

  override down(): void {
    for (const statement of DOWN) this.addSql(statement);
  }
}

const UP: string[] = [];

/** In the reverse order of UP. */
const DOWN: string[] = [];
