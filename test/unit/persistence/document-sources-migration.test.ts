// The migration that gives documents a source: what was there before it is there after it, and after the way back.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { insertUser } from '../../support/indexing-parts.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

const BEFORE = '20261122200000-nextcloud';
const MIGRATION = '20261201000000-document-sources';
/** Everything that an answer or the next scan is made from. */
const TABLES = [
  'documents',
  'document_revisions',
  'chunks',
  'index_heads',
  'scanned_folders',
  'scan_states',
  'index_rules',
];
const WITH_SOURCE = ['documents', 'scanned_folders', 'scan_states', 'index_rules'];

let database: TestDatabase;
let open: OpenDatabase;
let userId: string;
const ids = { document: '', revision: '', chunk: '' };

type Row = Record<string, unknown>;

const execute = (statement: string, values: unknown[] = []): Promise<Row[]> =>
  open.orm.em.fork().execute<Row[]>(statement, values);

beforeAll(async () => {
  database = await createTestDatabase();
  open = await openTestDatabase({
    url: database.url,
    dataFolder: 'memory://',
    poolSize: 1,
    statementTimeoutMs: 30_000,
  });
  open.database.markReady();
});
afterAll(async () => {
  await open.close();
  await database.drop();
});
beforeEach(async () => {
  await open.orm.migrator.up({ to: BEFORE });
  await insertIndexedDocument();
});
afterEach(() => open.orm.migrator.down({ to: 0 }));

/** An indexed document, its folder, scan, rules and jobs, as the version before the migration wrote them. */
async function insertIndexedDocument(): Promise<void> {
  userId = await insertUser(open.database);
  Object.assign(ids, { document: randomUUID(), revision: randomUUID(), chunk: randomUUID() });
  await execute(
    `insert into documents (id, user_id, file_id, path, title, source_type, media_type, seen_etag, seen_size,
       seen_upload_time, state, revision_id, index_sequence)
     values (?, ?, '17', '/Documents/a.txt', 'A', 'guideline', 'text/plain', '"e"', 5, 1700000000, 'indexed', ?, 1)`,
    [ids.document, userId, ids.revision],
  );
  await execute(
    `insert into document_revisions (id, document_id, etag, size, upload_time, content_hash, page_count, chunk_count,
       text_length)
     values (?, ?, '"e"', 5, 1700000000, 'abc', 0, 1, 5)`,
    [ids.revision, ids.document],
  );
  await execute(
    `insert into chunks (id, document_id, revision_id, user_id, position, start_offset, end_offset, text)
     values (?, ?, ?, ?, 0, 0, 5, 'alpha')`,
    [ids.chunk, ids.document, ids.revision, userId],
  );
  await execute('insert into index_heads (user_id, sequence) values (?, 1)', [userId]);
  await execute(`insert into scanned_folders (user_id, file_id, path, etag) values (?, '3', '/Documents', '"f"')`, [
    userId,
  ]);
  await execute(`insert into scan_states (user_id, reconciled_at, rules_hash) values (?, now(), 'h')`, [userId]);
  await execute(`insert into index_rules (user_id, exclude) values (?, '["drafts/"]')`, [userId]);
  await execute(
    `insert into jobs (id, user_id, kind, exclusivity_key, state, parameters, counters)
     values (gen_random_uuid(), ?, 'scan', '', 'queued', '{"source_type":"note"}', '{}'),
            (gen_random_uuid(), ?, 'source-unlinked', '', 'queued', '{}', '{}'),
            (gen_random_uuid(), ?, 'index-file', 'digest', 'queued', '{"file_path":"/b.txt"}', '{}')`,
    [userId, userId, userId],
  );
}

const contents = (): Promise<Row[][]> =>
  Promise.all(TABLES.map((table) => execute(`select * from ${table} order by 1, 2`)));

async function contentsWithoutSource(): Promise<Row[][]> {
  return (await contents()).map((rows) => rows.map(({ source: _, ...row }) => row));
}

const jobs = (): Promise<Row[]> => execute('select kind, exclusivity_key as key, parameters from jobs order by kind');

describe('the migration of document sources', () => {
  it('leaves every document with its id, revision and passages, as one of Nextcloud, up and down', async () => {
    const before = await contents();
    expect(before.flat()).toHaveLength(TABLES.length);
    await open.orm.migrator.up({ to: MIGRATION });
    expect(await contentsWithoutSource()).toEqual(before);
    for (const table of WITH_SOURCE)
      expect(await execute(`select source from ${table}`)).toEqual([{ source: 'nextcloud' }]);
    await open.orm.migrator.down({ migrations: [MIGRATION] });
    expect(await contents()).toEqual(before);
  });

  it('names the source of jobs that wait, so that they are done afterwards', async () => {
    const before = await jobs();
    await open.orm.migrator.up({ to: MIGRATION });
    expect(await jobs()).toEqual([
      { kind: 'index-file', key: 'digest', parameters: { file_path: '/b.txt', source: 'nextcloud' } },
      { kind: 'scan', key: 'nextcloud', parameters: { source_type: 'note', source: 'nextcloud' } },
      { kind: 'source-unlinked', key: 'nextcloud', parameters: { source: 'nextcloud' } },
    ]);
    await open.orm.migrator.down({ migrations: [MIGRATION] });
    expect(await jobs()).toEqual(before);
  });

  it('lets two sources have the same file id, never one source twice, and keeps one source on the way back', async () => {
    const before = await contents();
    await open.orm.migrator.up({ to: MIGRATION });
    const copyTo = (source: string): Promise<Row[]> =>
      execute(
        `insert into documents (id, user_id, source, file_id, path, source_type, media_type, seen_etag, seen_size,
           seen_upload_time, state)
         select gen_random_uuid(), user_id, ?, file_id, path, source_type, media_type, seen_etag, seen_size,
           seen_upload_time, 'pending'
         from documents where id = ?`,
        [source, ids.document],
      );
    await copyTo('upload');
    await expect(copyTo('upload')).rejects.toThrow('documents_user_id_source_file_id_unique');
    await open.orm.migrator.down({ migrations: [MIGRATION] });
    expect(await contents()).toEqual(before);
  });
});
