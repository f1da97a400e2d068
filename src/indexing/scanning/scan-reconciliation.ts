import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { ClosedFolders } from '../rules/closed-folders.ts';
import { DocumentRemoval } from '../sources/document-removal.ts';
import type { SourceEntry } from '../sources/document-source.port.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { prefixOf } from '../sources/source-path.ts';
import { upsertDocuments } from '../sources/document-upsert.ts';
import type { DiscoveryRun } from './document-discovery.ts';
import type { FolderSnapshot, FolderChanges } from './folder-snapshot.ts';
import type { ScanPlan } from './scan-planner.ts';

interface RequestedRow {
  readonly id: string;
  readonly path: string;
  readonly fileId: string;
}

const GONE_DOCUMENTS = `
  select d.id from documents d
  where d.user_id = ? and d.source = ? and d.state <> 'removed' and (d.seen_run is distinct from ?::uuid
    and (regexp_replace(d.path, '/[^/]*$', '') in (select jsonb_array_elements_text(?::jsonb))
      or exists (select 1 from jsonb_array_elements_text(?::jsonb) c(prefix) where starts_with(d.path, c.prefix || '/'))
      or (not d.is_requested
        and not exists (select 1 from jsonb_array_elements_text(?::jsonb) r(prefix) where starts_with(d.path, r.prefix || '/'))))
    or d.id in (select value::uuid from jsonb_array_elements_text(?::jsonb)))
  order by d.id for update of d`;

/** Compares what is stored with a discovery that saw everything: removes what is gone, and stores what need not be read next time. */
@Injectable()
export class ScanReconciliation {
  constructor(
    private readonly database: Database,
    private readonly removal: DocumentRemoval,
  ) {}

  /** @returns the number of documents that are gone */
  async reconcile(run: DiscoveryRun, snapshot: FolderSnapshot): Promise<number> {
    const { roots } = run.plan.book;
    const lost = await this.#checkRequested(run);
    const changes = snapshot.changes(roots);
    return this.database.transaction(async (em) => {
      const { userId, source, runId } = run.sighting;
      const closed = snapshot.hasClosed ? await takeOutClosed(em, run, snapshot) : [];
      const rows = await em.execute<{ id: string }[]>(GONE_DOCUMENTS, [
        userId,
        source,
        runId,
        JSON.stringify(changes.listedPrefixes),
        JSON.stringify(changes.coveredPrefixes),
        JSON.stringify(roots.map(prefixOf)),
        JSON.stringify([...lost, ...closed]),
      ]);
      const gone = rows.map(({ id }) => id);
      await this.removal.remove(em, userId, gone);
      await storeFolders(em, run.sighting, changes);
      if (run.plan.areRulesNew) await evaluateSizes(em, run.sighting, run.plan);
      await storeState(em, run.sighting, run.plan);
      return gone.length;
    });
  }

  /** Files asked for by their path that no watched folder holds. @returns ids of those that are no longer there */
  async #checkRequested(run: DiscoveryRun): Promise<string[]> {
    const { userId, source, runId } = run.sighting;
    const requested = await this.database.read((em) =>
      em.execute<RequestedRow[]>(
        `select id, path, file_id as "fileId" from documents
         where user_id = ? and source = ? and is_requested and state <> 'removed'
           and seen_run is distinct from ?::uuid order by id`,
        [userId, source, runId],
      ),
    );
    const lost: string[] = [];
    const folders = new ClosedFolders(run.session);
    for (const row of requested) {
      if (run.plan.book.findRoot(row.path) !== undefined) continue;
      const entry = await findFile(run, row.path);
      if (entry !== undefined && (await isKeptOut(run, folders, row.path))) {
        lost.push(row.id);
        continue;
      }
      if (entry?.fileId !== row.fileId) lost.push(row.id);
      if (entry !== undefined) await this.#follow(run, row, entry);
    }
    return lost;
  }

  /** A file that was replaced by another one of the same name is still the one that was asked for. */
  async #follow(run: DiscoveryRun, row: RequestedRow, entry: SourceEntry): Promise<void> {
    await this.database.transaction(async (em) => {
      await upsertDocuments(em, [entry], { ...run.sighting, isRequested: true });
      if (entry.fileId === row.fileId) return;
      await em.execute(
        `update documents d set title = o.title, source_type = o.source_type from documents o
         where o.id = ? and d.user_id = o.user_id and d.source = o.source and d.file_id = ?`,
        [row.id, entry.fileId],
      );
    });
  }
}

async function storeFolders(em: EntityManager, { userId, source }: UserSource, changes: FolderChanges): Promise<void> {
  await em.execute(
    `delete from scanned_folders
     where user_id = ? and source = ? and file_id in (select value from jsonb_array_elements_text(?::jsonb))`,
    [userId, source, JSON.stringify(changes.droppedFolderIds)],
  );
  await em.execute(
    `insert into scanned_folders (user_id, source, file_id, path, etag, scanned_at)
     select ?::uuid, ?::text, e."fileId", e.path, e.etag, now()
     from jsonb_to_recordset(?::jsonb) as e("fileId" text, path text, etag text)
     on conflict (user_id, source, file_id)
       do update set path = excluded.path, etag = excluded.etag, scanned_at = now()`,
    [userId, source, JSON.stringify(changes.storedFolders)],
  );
}

async function findFile({ session, signal }: DiscoveryRun, path: string): Promise<SourceEntry | undefined> {
  try {
    const entry = await session.stat(path, signal);
    return entry.isFolder ? undefined : entry;
  } catch (error) {
    if (isDomainError(error, 'file-not-found')) return undefined;
    throw error;
  }
}

async function isKeptOut({ plan, signal }: DiscoveryRun, folders: ClosedFolders, path: string): Promise<boolean> {
  return plan.book.findExclusion(path) !== null || (await folders.findClosedFolder(path, { signal })) !== null;
}

/**
 * Documents in folders that turned out to be closed after some of them were seen. Those that this run met first never
 * had any text, and leave no trace. @returns ids of the others
 */
async function takeOutClosed(em: EntityManager, run: DiscoveryRun, snapshot: FolderSnapshot): Promise<string[]> {
  const { userId, source } = run.sighting;
  const rows = await em.execute<{ id: string; path: string; isNew: boolean }[]>(
    `select id, path, index_sequence = 0 and state = 'pending' as "isNew" from documents
     where user_id = ? and source = ? and state <> 'removed' order by id`,
    [userId, source],
  );
  const closed = rows.filter(({ path }) => snapshot.isClosed(path));
  const idsOf = (isNew: boolean): string[] => closed.filter((row) => row.isNew === isNew).map(({ id }) => id);
  await em.execute(
    `delete from documents
     where user_id = ? and id in (select value::uuid from jsonb_array_elements_text(?::jsonb))`,
    [userId, JSON.stringify(idsOf(true))],
  );
  return idsOf(false);
}

/** Sets documents to pending when the new size limit changes whether they may be indexed. */
async function evaluateSizes(em: EntityManager, { userId, source }: UserSource, { book }: ScanPlan): Promise<void> {
  await em.execute(
    `update documents set state = 'pending', state_reason = null, attempts = 0, retry_at = null, updated_at = now()
     where user_id = ? and source = ? and (state = 'too_large' and seen_size <= ?::bigint
       or state in ('indexed', 'no_text_layer', 'failed') and seen_size > ?::bigint)`,
    [userId, source, book.maxFileBytes, book.maxFileBytes],
  );
}

async function storeState(
  em: EntityManager,
  { userId, source }: UserSource,
  { book, isComplete }: ScanPlan,
): Promise<void> {
  await em.execute(
    `insert into scan_states as s (user_id, source, scanned_at, reconciled_at, rules_hash)
     values (?, ?, now(), case when ?::boolean then now() end, ?)
     on conflict (user_id, source) do update set scanned_at = excluded.scanned_at, rules_hash = excluded.rules_hash,
       reconciled_at = coalesce(excluded.reconciled_at, s.reconciled_at)`,
    [userId, source, isComplete, book.hash],
  );
}
