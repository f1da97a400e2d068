import { Migration } from '@mikro-orm/migrations';

/** Users, sessions, audit trail, Nextcloud accounts, jobs, documents and their passages. */
export class Migration20261122000000House extends Migration {
  override up(): void {
    for (const statement of UP) this.addSql(statement);
  }

  override down(): void {
    for (const table of TABLES) this.addSql(`drop table if exists "${table}" cascade`);
  }
}

const TABLES = [
  'audit_events',
  'audit_head',
  'users',
  'sessions',
  'refresh_tokens',
  'scanned_folders',
  'nextcloud_links',
  'nextcloud_accounts',
  'jobs',
  'index_heads',
  'documents',
  'document_revisions',
  'chunks',
];

const UP = [
  `
    create table "audit_events" (
      "sequence" bigint not null,
      "occurred_at" timestamptz(3) not null,
      "actor_id" uuid null,
      "action" varchar(64) not null,
      "outcome" varchar(16) not null,
      "target_type" varchar(32) null,
      "target_id" varchar(128) null,
      "address" varchar(64) null,
      "request_id" varchar(128) null,
      "details" jsonb not null,
      "key_id" varchar(32) not null,
      "mac" varchar(64) not null,
      primary key ("sequence")
    )`,
  `create index "audit_events_actor_id_index" on "audit_events" ("actor_id")`,
  `create index "audit_events_action_index" on "audit_events" ("action")`,
  `
    create table "audit_head" (
      "id" smallint not null,
      "sequence" bigint not null,
      "mac" varchar(64) not null,
      primary key ("id")
    )`,
  `
    create table "users" (
      "id" uuid not null,
      "email" varchar(255) not null,
      "full_name" varchar(255) null,
      "hashed_password" varchar(255) not null,
      "is_active" boolean not null default true,
      "is_admin" boolean not null default false,
      "created_at" timestamptz not null default now(),
      "updated_at" timestamptz not null default now(),
      "last_login" timestamptz null,
      "sessions_not_before" timestamptz null,
      primary key ("id")
    )`,
  `alter table "users" add constraint "users_email_unique" unique ("email")`,
  `
    create table "sessions" (
      "id" uuid not null,
      "user_id" uuid not null,
      "created_at" timestamptz not null default now(),
      "last_used_at" timestamptz not null default now(),
      "expires_at" timestamptz not null,
      "ended_at" timestamptz null,
      "end_reason" varchar(32) null,
      "address" varchar(64) not null,
      "user_agent" varchar(255) null,
      primary key ("id")
    )`,
  `create index "sessions_user_id_index" on "sessions" ("user_id")`,
  `
    create table "refresh_tokens" (
      "token_hash" varchar(64) not null,
      "session_id" uuid not null,
      "created_at" timestamptz not null default now(),
      "used_at" timestamptz null,
      primary key ("token_hash")
    )`,
  `create index "refresh_tokens_session_id_index" on "refresh_tokens" ("session_id")`,
  `
    create table "scanned_folders" (
      "user_id" uuid not null,
      "file_id" varchar(64) not null,
      "path" text not null,
      "etag" varchar(255) null,
      "scanned_at" timestamptz not null default now(),
      primary key ("user_id", "file_id")
    )`,
  `
    create table "nextcloud_links" (
      "id" uuid not null,
      "user_id" uuid not null,
      "sealed_poll_token" text not null,
      "state" varchar(16) not null,
      "created_at" timestamptz not null default now(),
      "expires_at" timestamptz not null,
      "last_polled_at" timestamptz null,
      primary key ("id")
    )`,
  `create index "nextcloud_links_user_id_index" on "nextcloud_links" ("user_id")`,
  `
    create table "nextcloud_accounts" (
      "user_id" uuid not null,
      "uid" varchar(255) not null,
      "login_name" varchar(255) not null,
      "display_name" varchar(255) null,
      "scheme" varchar(8) not null,
      "sealed_secret" text not null,
      "state" varchar(16) not null,
      "state_changed_at" timestamptz not null default now(),
      "linked_at" timestamptz not null default now(),
      primary key ("user_id")
    )`,
  `
    create table "jobs" (
      "id" uuid not null,
      "user_id" uuid not null,
      "kind" varchar(32) not null,
      "exclusivity_key" varchar(64) not null default '',
      "state" varchar(16) not null,
      "parameters" jsonb not null,
      "counters" jsonb not null,
      "problem_code" varchar(64) null,
      "created_at" timestamptz not null default now(),
      "started_at" timestamptz null,
      "finished_at" timestamptz null,
      "updated_at" timestamptz not null default now(),
      "cancel_requested_at" timestamptz null,
      primary key ("id")
    )`,
  `create index "jobs_user_id_index" on "jobs" ("user_id")`,
  `
    create table "index_heads" (
      "user_id" uuid not null,
      "sequence" bigint not null default '0',
      primary key ("user_id")
    )`,
  `
    create table "documents" (
      "id" uuid not null,
      "user_id" uuid not null,
      "file_id" varchar(64) not null,
      "path" text not null,
      "title" text null,
      "source_type" varchar(32) not null,
      "media_type" varchar(128) not null,
      "seen_etag" varchar(255) not null,
      "seen_size" bigint not null,
      "seen_upload_time" bigint not null,
      "modified_at" timestamptz null,
      "state" varchar(16) not null,
      "state_reason" varchar(64) null,
      "attempts" int not null default 0,
      "retry_at" timestamptz null,
      "is_racy" boolean not null default false,
      "is_requested" boolean not null default false,
      "must_reindex" boolean not null default false,
      "seen_run" uuid null,
      "indexed_by" uuid null,
      "revision_id" uuid null,
      "index_sequence" bigint not null default '0',
      "created_at" timestamptz not null default now(),
      "updated_at" timestamptz not null default now(),
      primary key ("id")
    )`,
  `create index "documents_user_id_index_sequence_index" on "documents" ("user_id", "index_sequence")`,
  `alter table "documents" add constraint "documents_user_id_file_id_unique" unique ("user_id", "file_id")`,
  `
    create table "document_revisions" (
      "id" uuid not null,
      "document_id" uuid not null,
      "etag" varchar(255) not null,
      "size" bigint not null,
      "upload_time" bigint not null,
      "content_hash" varchar(64) not null,
      "page_count" int not null,
      "chunk_count" int not null,
      "text_length" int not null,
      "created_at" timestamptz not null default now(),
      primary key ("id")
    )`,
  `create index "document_revisions_document_id_index" on "document_revisions" ("document_id")`,
  `
    create table "chunks" (
      "id" uuid not null,
      "document_id" uuid not null,
      "revision_id" uuid not null,
      "user_id" uuid not null,
      "position" int not null,
      "page" int null,
      "start_offset" int not null,
      "end_offset" int not null,
      "text" text not null,
      primary key ("id")
    )`,
  `create index "chunks_document_id_index" on "chunks" ("document_id")`,
  `create index "chunks_revision_id_index" on "chunks" ("revision_id")`,
  `create index "chunks_user_id_index" on "chunks" ("user_id")`,
  `alter table "sessions" add constraint "sessions_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  `alter table "refresh_tokens" add constraint "refresh_tokens_session_id_foreign" foreign key ("session_id") references "sessions" ("id") on delete cascade`,
  `alter table "scanned_folders" add constraint "scanned_folders_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  `alter table "nextcloud_links" add constraint "nextcloud_links_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  `alter table "nextcloud_accounts" add constraint "nextcloud_accounts_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade`,
  `alter table "jobs" add constraint "jobs_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  `alter table "index_heads" add constraint "index_heads_user_id_foreign" foreign key ("user_id") references "users" ("id") on update cascade on delete cascade`,
  `alter table "documents" add constraint "documents_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  `alter table "document_revisions" add constraint "document_revisions_document_id_foreign" foreign key ("document_id") references "documents" ("id") on delete cascade`,
  `alter table "chunks" add constraint "chunks_document_id_foreign" foreign key ("document_id") references "documents" ("id") on delete cascade`,
  `alter table "chunks" add constraint "chunks_revision_id_foreign" foreign key ("revision_id") references "document_revisions" ("id") on delete cascade`,
  `alter table "chunks" add constraint "chunks_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete cascade`,
  `insert into "audit_head" ("id", "sequence", "mac") values (1, 0, '')`,
];
