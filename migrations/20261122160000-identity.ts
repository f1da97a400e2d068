import { Migration } from '@mikro-orm/migrations';

/** Second factors, passkeys, one-time tokens, identities of other providers, personal access tokens, mail, keys of users. */
export class Migration20261122160000Identity extends Migration {
  override up(): void {
    for (const statement of UP) this.addSql(statement);
  }

  override down(): void {
    for (const statement of DOWN) this.addSql(statement);
  }
}

const UP = [
  `alter table "users" alter column "hashed_password" drop not null`,
  `alter table "users" add column "email_verified_at" timestamptz null`,
  `create index "audit_events_target_id_index" on "audit_events" ("target_id")`,
  `create index "audit_events_request_id_index" on "audit_events" ("request_id")`,
  `alter table "sessions" add column "name" varchar(100) null`,
  `alter table "sessions" add column "methods" varchar(64) not null default 'pwd'`,
  `alter table "sessions" add column "authenticated_at" timestamptz not null default now()`,
  `
    create table "user_keys" (
      "user_id" uuid not null,
      "wrapped_key" text not null,
      primary key ("user_id")
    )`,
  `
    create table "one_time_tokens" (
      "token_hash" varchar(64) not null,
      "purpose" varchar(32) not null,
      "user_id" uuid null,
      "sealed_payload" text not null,
      "attempts" smallint not null default 0,
      "created_at" timestamptz not null default now(),
      "expires_at" timestamptz not null,
      primary key ("token_hash")
    )`,
  `create index "one_time_tokens_user_id_index" on "one_time_tokens" ("user_id")`,
  `create index "one_time_tokens_expires_at_index" on "one_time_tokens" ("expires_at")`,
  `
    create table "totp_factors" (
      "user_id" uuid not null,
      "sealed_secret" text not null,
      "created_at" timestamptz not null default now(),
      "confirmed_at" timestamptz null,
      "last_step" bigint null,
      primary key ("user_id")
    )`,
  `
    create table "recovery_codes" (
      "user_id" uuid not null,
      "code_hash" varchar(64) not null,
      "created_at" timestamptz not null default now(),
      primary key ("user_id", "code_hash")
    )`,
  `
    create table "passkeys" (
      "id" uuid not null,
      "user_id" uuid not null,
      "credential_id" varchar(1400) not null,
      "public_key" text not null,
      "sign_count" bigint not null default '0',
      "transports" varchar(128) not null default '',
      "name" varchar(100) not null,
      "is_backed_up" boolean not null default false,
      "created_at" timestamptz not null default now(),
      "last_used_at" timestamptz null,
      primary key ("id")
    )`,
  `alter table "passkeys" add constraint "passkeys_credential_id_unique" unique ("credential_id")`,
  `create index "passkeys_user_id_index" on "passkeys" ("user_id")`,
  `
    create table "identities" (
      "id" uuid not null,
      "user_id" uuid not null,
      "provider" varchar(64) not null,
      "issuer" varchar(512) not null,
      "subject" varchar(255) not null,
      "email" varchar(255) null,
      "sealed_tokens" text null,
      "granted_admin" boolean not null default false,
      "linked_at" timestamptz not null default now(),
      "last_login_at" timestamptz null,
      primary key ("id")
    )`,
  `alter table "identities" add constraint "identities_issuer_subject_unique" unique ("issuer", "subject")`,
  `create index "identities_user_id_index" on "identities" ("user_id")`,
  `alter table "sessions" add column "identity_id" uuid null`,
  `alter table "sessions" add column "provider_sid" varchar(255) null`,
  `create index "sessions_identity_id_index" on "sessions" ("identity_id")`,
  `
    create table "access_tokens" (
      "id" uuid not null,
      "user_id" uuid not null,
      "name" varchar(100) not null,
      "token_hash" varchar(64) not null,
      "hint" varchar(8) not null,
      "scopes" varchar(1024) not null,
      "created_at" timestamptz not null default now(),
      "expires_at" timestamptz null,
      "last_used_at" timestamptz null,
      primary key ("id")
    )`,
  `alter table "access_tokens" add constraint "access_tokens_token_hash_unique" unique ("token_hash")`,
  `create index "access_tokens_user_id_index" on "access_tokens" ("user_id")`,
  `
    create table "outgoing_mails" (
      "id" uuid not null,
      "user_id" uuid not null,
      "template" varchar(64) not null,
      "sealed_content" text not null,
      "state" varchar(16) not null,
      "created_at" timestamptz not null default now(),
      "sent_at" timestamptz null,
      primary key ("id")
    )`,
  `create index "outgoing_mails_user_id_index" on "outgoing_mails" ("user_id")`,
  ...['one_time_tokens', 'recovery_codes', 'passkeys', 'identities', 'access_tokens', 'outgoing_mails'].map(
    (table) =>
      `alter table "${table}" add constraint "${table}_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  ),
  ...['user_keys', 'totp_factors'].map(
    (table) =>
      `alter table "${table}" add constraint "${table}_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade`,
  ),
  `alter table "sessions" add constraint "sessions_identity_id_foreign" foreign key ("identity_id") references "identities" ("id") on delete set null`,
];

const DOWN = [
  `alter table "sessions" drop constraint "sessions_identity_id_foreign"`,
  ...[
    'outgoing_mails',
    'access_tokens',
    'identities',
    'passkeys',
    'recovery_codes',
    'totp_factors',
    'one_time_tokens',
    'user_keys',
  ].map((table) => `drop table "${table}"`),
  `alter table "sessions" drop column "provider_sid"`,
  `alter table "sessions" drop column "identity_id"`,
  `alter table "sessions" drop column "authenticated_at"`,
  `alter table "sessions" drop column "methods"`,
  `alter table "sessions" drop column "name"`,
  `drop index "audit_events_request_id_index"`,
  `drop index "audit_events_target_id_index"`,
  `alter table "users" drop column "email_verified_at"`,
  // Accounts without a password cannot log in under the schema before; they must not vanish either.
  `update "users" set "hashed_password" = '' where "hashed_password" is null`,
  `alter table "users" alter column "hashed_password" set not null`,
];
