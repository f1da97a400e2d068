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

const UP: string[] = [
  `
    create table "scan_states" (
      "user_id" uuid not null,
      "hinted_at" timestamptz null,
      "hint_taken_at" timestamptz null,
      "reconciled_at" timestamptz null,
      "scanned_at" timestamptz null,
      "rules_hash" varchar(64) null,
      primary key ("user_id")
    )`,
  `
    create table "index_rules" (
      "user_id" uuid not null,
      "watch_directories" jsonb null,
      "include" jsonb null,
      "exclude" jsonb null,
      "max_file_mb" int null,
      "version" int not null default 1,
      "updated_at" timestamptz not null default now(),
      primary key ("user_id")
    )`,
  `alter table "scan_states" add constraint "scan_states_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade`,
  `alter table "index_rules" add constraint "index_rules_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade`,
  `alter table "nextcloud_links" add column "sealed_grant" text null`,
  `alter table "nextcloud_links" add column "problem_code" varchar(64) null`,
  `alter table "nextcloud_accounts" add column "sealed_previous_secret" text null`,
  `alter table "nextcloud_accounts" add column "secret_changed_at" timestamptz null`,
  `alter table "nextcloud_accounts" add column "rotation_started_at" timestamptz null`,
  `alter table "nextcloud_accounts" add column "checked_at" timestamptz null`,
  // Neither of these two goes with the row of the user: what they stand for is still to be ended in Nextcloud.
  `
    create table "nextcloud_revocations" (
      "id" uuid not null,
      "user_id" uuid not null,
      "sealed_login" text not null,
      "attempts" int not null default 0,
      "created_at" timestamptz not null default now(),
      "next_attempt_at" timestamptz not null default now(),
      primary key ("id")
    )`,
  `
    create table "nextcloud_provisionings" (
      "user_id" uuid not null,
      "uid" varchar(255) null,
      "state" varchar(16) not null,
      "problem_code" varchar(64) null,
      "attempts" int not null default 0,
      "absent_seen_at" timestamptz null,
      "wants_enabled" boolean not null default true,
      "is_enabled" boolean not null default true,
      "created_at" timestamptz not null default now(),
      "updated_at" timestamptz not null default now(),
      "next_attempt_at" timestamptz null,
      primary key ("user_id")
    )`,
  `
    create table "used_nonces" (
      "key_id" varchar(32) not null,
      "nonce" varchar(128) not null,
      "expires_at" timestamptz not null,
      primary key ("key_id", "nonce")
    )`,
  `create index "used_nonces_expires_at_index" on "used_nonces" ("expires_at")`,
  `
    create table "nextcloud_activity_places" (
      "user_id" uuid not null,
      "uid" varchar(255) not null,
      "last_activity_id" bigint null,
      "state" varchar(8) not null default 'on',
      "looked_at" timestamptz null,
      "next_look_at" timestamptz not null default now(),
      primary key ("user_id")
    )`,
  `create index "nextcloud_activity_places_next_look_at_index" on "nextcloud_activity_places" ("next_look_at")`,
  `alter table "nextcloud_activity_places" add constraint "nextcloud_activity_places_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade`,
];

/** In the reverse order of UP. */
const DOWN: string[] = [
  `drop table "nextcloud_activity_places"`,
  `drop table "used_nonces"`,
  ...['provisionings', 'revocations'].map((table) => `drop table "nextcloud_${table}"`),
  ...['checked_at', 'rotation_started_at', 'secret_changed_at', 'sealed_previous_secret'].map(
    (column) => `alter table "nextcloud_accounts" drop column "${column}"`,
  ),
  ...['problem_code', 'sealed_grant'].map((column) => `alter table "nextcloud_links" drop column "${column}"`),
  `drop table "index_rules"`,
  `drop table "scan_states"`,
];
