import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { findClosedFolder } from '../rules/index-rules.ts';
import type { SourceEntry, SourceSession } from '../sources/document-source.port.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { findDocumentType } from '../sources/document-type.ts';
import { parentPrefixOf, prefixOf } from '../sources/source-path.ts';
import { isRacy, upsertDocuments, type Sighting } from '../sources/document-upsert.ts';
import { FolderSnapshot, type SeenFolder } from './folder-snapshot.ts';
import type { ScanPlan } from './scan-planner.ts';
import { ScannedFolder } from './scanned-folder.entity.ts';

const BATCH_SIZE = 500;
const MAX_ENTRIES = 2_000_000;
const MAX_FILE_ID_CHARACTERS = 64;
const MAX_ETAG_CHARACTERS = 255;

/** One look at the watched folders of a user in one source. */
export interface DiscoveryRun {
  readonly session: SourceSession;
  readonly plan: ScanPlan;
  readonly sighting: Sighting;
  readonly signal: AbortSignal;
  /** Called with the number of documents seen so far. */
  readonly onProgress: (documentCount: number) => Promise<void>;
}

/** What a discovery found out beside the documents it stored. */
export interface Discovery {
  readonly snapshot: FolderSnapshot;
  readonly missingRootCount: number;
}

/** Finds documents that are new, changed or moved, with one question per folder that has changed. */
@Injectable()
export class DocumentDiscovery {
  constructor(private readonly database: Database) {}

  /** An error anywhere ends the discovery: nothing may then be concluded about what was not seen. */
  async discover(run: DiscoveryRun): Promise<Discovery> {
    const { userId, source } = run.sighting;
    const known = await this.database.read((em) => em.find(ScannedFolder, { userId, source }));
    const folders = known.map(({ fileId, path, etag }) => ({ fileId, path, etag: etag ?? null }));
    const snapshot = new FolderSnapshot(folders, { trustsEtags: !run.plan.isComplete });
    const walk = new Walk(this.database, run, { snapshot, requestedIds: await this.#requestedIds(run.sighting) });
    let missingRootCount = 0;
    for (const root of run.plan.book.roots) if (!(await walk.visitRoot(root))) missingRootCount += 1;
    await walk.flush();
    return { snapshot, missingRootCount };
  }

  /** Files that are let in because their owner asked for them. */
  async #requestedIds({ userId, source }: UserSource): Promise<ReadonlySet<string>> {
    const rows = await this.database.read((em) =>
      em.execute<{ fileId: string }[]>(
        `select file_id as "fileId" from documents
         where user_id = ? and source = ? and is_requested and state <> 'removed'`,
        [userId, source],
      ),
    );
    return new Set(rows.map(({ fileId }) => fileId));
  }
}

class Walk {
  readonly #snapshot: FolderSnapshot;
  readonly #requestedIds: ReadonlySet<string>;
  #batch: SourceEntry[] = [];
  #documentCount = 0;
  #entryCount = 0;

  constructor(
    private readonly database: Database,
    private readonly run: DiscoveryRun,
    { snapshot, requestedIds }: { snapshot: FolderSnapshot; requestedIds: ReadonlySet<string> },
  ) {
    this.#snapshot = snapshot;
    this.#requestedIds = requestedIds;
  }

  /** @returns false when the account has no such folder */
  async visitRoot(path: string): Promise<boolean> {
    const root = await this.#findFolder(path);
    if (root === undefined) {
      this.#snapshot.addMissing(path);
      return false;
    }
    const waiting = [root];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      if (!this.#snapshot.isUnchanged(folder)) waiting.push(...(await this.#look(folder)));
    }
    return true;
  }

  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) await this.database.transaction((em) => upsertDocuments(em, batch, this.run.sighting));
    await this.run.onProgress(this.#documentCount);
  }

  async #findFolder(path: string): Promise<SeenFolder | undefined> {
    try {
      const entry = await this.run.session.stat(path, this.run.signal);
      return entry.isFolder ? folderOf(entry) : undefined;
    } catch (error) {
      if (isDomainError(error, 'file-not-found')) return undefined;
      throw error;
    }
  }

  /** @returns subfolders to look into next */
  async #look(folder: SeenFolder): Promise<readonly SeenFolder[]> {
    try {
      return this.#snapshot.mustBeWalked(folder) ? await this.#walk(folder) : await this.#list(folder);
    } catch (error) {
      if (!isDomainError(error, 'file-not-found', 'not-a-folder')) throw error;
      // Gone since it was named: nothing is concluded about it now, and the next scan lists the folder above.
      this.#snapshot.addUnresolved(parentPrefixOf(folder.path));
      return [];
    }
  }

  async #walk(top: SeenFolder): Promise<readonly SeenFolder[]> {
    const folders: SeenFolder[] = [];
    for await (const entry of this.run.session.walk(top.path, this.run.signal)) {
      if (entry.isFolder) folders.push(folderOf(entry));
      await this.#take(entry);
    }
    this.#snapshot.addWalked(top.path, folders);
    return folders.filter(({ isUnscanned, path }) => isUnscanned && !this.#snapshot.isClosed(path));
  }

  async #list(folder: SeenFolder): Promise<readonly SeenFolder[]> {
    let listed = folder;
    const subfolders: SeenFolder[] = [];
    for await (const entry of this.run.session.list(folder.path, this.run.signal)) {
      if (entry.isFolder && entry.path === folder.path) listed = folderOf(entry);
      else if (entry.isFolder) subfolders.push(folderOf(entry));
      await this.#take(entry);
    }
    const isClosed = this.#snapshot.isClosed(`${prefixOf(folder.path)}/.`);
    this.#snapshot.addListed(listed, isClosed ? [] : subfolders);
    // Its etag means nothing until the source has read it; nor do those above.
    if (folder.isUnscanned) this.#snapshot.addUnresolved(prefixOf(folder.path));
    return isClosed ? [] : subfolders;
  }

  async #take(entry: SourceEntry): Promise<void> {
    this.run.signal.throwIfAborted();
    this.#entryCount += 1;
    if (this.#entryCount > MAX_ENTRIES) throw endless();
    if (entry.isFolder) return;
    const closed = findClosedFolder(entry.path);
    if (closed !== undefined) this.#snapshot.addClosed(prefixOf(closed));
    if (findDocumentType(entry.path) === undefined || !this.#isWanted(entry)) return;
    this.#documentCount += 1;
    this.#batch.push(checked(entry));
    if (isRacy(entry)) this.#snapshot.addUnresolved(parentPrefixOf(entry.path));
    if (this.#batch.length >= BATCH_SIZE) await this.flush();
  }

  #isWanted({ path, fileId }: SourceEntry): boolean {
    return this.run.plan.book.evaluate(path, this.#requestedIds.has(fileId)) === null && !this.#snapshot.isClosed(path);
  }
}

function folderOf(entry: SourceEntry): SeenFolder {
  const { fileId, path, etag, isUnscanned } = checked(entry);
  return { fileId, path, etag, isUnscanned };
}

function checked(entry: SourceEntry): SourceEntry {
  const isUsable = entry.fileId.length <= MAX_FILE_ID_CHARACTERS && entry.etag.length <= MAX_ETAG_CHARACTERS;
  if (!isUsable) throw new DomainError('upstream-protocol-error', { logContext: { reason: 'over-long-identifier' } });
  return entry;
}

function endless(): DomainError {
  return new DomainError('upstream-protocol-error', { logContext: { reason: 'endless-listing' } });
}
