import { isBelow, isBelowAny, parentPrefixOf, prefixOf } from '../sources/source-path.ts';

/** What is stored of a folder. */
export interface KnownFolder {
  readonly fileId: string;
  readonly path: string;
  /** null: to be listed whatever it is now. */
  readonly etag: string | null;
}

/** A folder as a listing shows it. */
export interface SeenFolder extends KnownFolder {
  readonly etag: string;
  /** True: only a listing of its own shows its members. */
  readonly isUnscanned: boolean;
}

/** What changes after a scan in which nothing failed. Prefixes are paths before the slash. */
export interface FolderChanges {
  readonly storedFolders: readonly KnownFolder[];
  readonly droppedFolderIds: readonly string[];
  /** Folders of which all direct members were seen. */
  readonly listedPrefixes: readonly string[];
  /** Trees of which everything that still exists was seen. */
  readonly coveredPrefixes: readonly string[];
}

/** What one scan knows of folders: which to look into, and what changes at its end. */
export class FolderSnapshot {
  readonly #known: ReadonlyMap<string, KnownFolder>;
  readonly #seen = new Map<string, SeenFolder>();
  readonly #listed = new Map<string, ReadonlySet<string>>();
  readonly #covered = new Set<string>();
  readonly #unresolved = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #trustsEtags: boolean;

  /** @param options.trustsEtags false: every folder is read, whatever was known of it */
  constructor(known: Iterable<KnownFolder>, { trustsEtags = true }: { trustsEtags?: boolean } = {}) {
    this.#trustsEtags = trustsEtags;
    this.#known = new Map([...known].map((folder) => [folder.fileId, folder]));
  }

  /** True when nothing below has changed since it was last read completely. */
  isUnchanged(folder: SeenFolder): boolean {
    if (!this.#trustsEtags) return false;
    const known = this.#known.get(folder.fileId);
    return known !== undefined && !folder.isUnscanned && known.path === folder.path && known.etag === folder.etag;
  }

  /** True for a new folder, and for a moved one: it keeps its etag while all paths below change. */
  mustBeWalked(folder: SeenFolder): boolean {
    if (folder.isUnscanned) return false;
    return !this.#trustsEtags || this.#known.get(folder.fileId)?.path !== folder.path;
  }

  /** A folder was listed to the end. */
  addListed(folder: SeenFolder, subfolders: readonly SeenFolder[]): void {
    this.#seen.set(folder.fileId, folder);
    this.#listed.set(prefixOf(folder.path), new Set(subfolders.map(({ path }) => path)));
  }

  /** A tree was listed to the end. */
  addWalked(path: string, folders: readonly SeenFolder[]): void {
    this.#covered.add(prefixOf(path));
    for (const folder of folders) this.#seen.set(folder.fileId, folder);
  }

  /** A folder is to be kept out of the index, with everything below it. */
  addClosed(prefix: string): void {
    this.#closed.add(prefix);
  }

  get hasClosed(): boolean {
    return this.#closed.size > 0;
  }

  /** True for what lies in a folder that is kept out of the index, as far as is known yet. */
  isClosed(path: string): boolean {
    return isBelowAny(path, this.#closed);
  }

  /** There is no such folder. */
  addMissing(path: string): void {
    this.#covered.add(prefixOf(path));
  }

  /** The folder and those above it must be listed by the next scan, whatever their etags. */
  addUnresolved(prefix: string): void {
    this.#unresolved.add(prefix);
  }

  /** What follows from a scan of `roots` in which nothing failed. */
  changes(roots: readonly string[]): FolderChanges {
    for (const [prefix, subfolders] of this.#listed) this.#coverVanished(prefix, subfolders);
    const rootPrefixes = roots.map(prefixOf);
    const dropped = [...this.#known.values()].filter(
      ({ fileId, path }) =>
        this.isClosed(path) ||
        (!this.#seen.has(fileId) &&
          ([...this.#covered].some((prefix) => isAtOrBelow(path, prefix)) ||
            !rootPrefixes.some((prefix) => isAtOrBelow(path, prefix)))),
    );
    return {
      // What is below a closed folder was not read: once it opens, all of it is new.
      storedFolders: [...this.#seen.values()]
        .filter(({ path }) => !this.isClosed(path))
        .map((folder) => (this.#isUnresolved(folder) ? unread(folder) : folder)),
      droppedFolderIds: dropped.map(({ fileId }) => fileId),
      listedPrefixes: [...this.#listed.keys()],
      coveredPrefixes: [...this.#covered],
    };
  }

  /** Folders known below a listed one and no longer there: what was in them and was seen nowhere else is gone. */
  #coverVanished(prefix: string, subfolders: ReadonlySet<string>): void {
    for (const { path } of this.#known.values()) {
      if (path !== '/' && parentPrefixOf(path) === prefix && !subfolders.has(path)) this.#covered.add(path);
    }
  }

  #isUnresolved({ path }: SeenFolder): boolean {
    const own = prefixOf(path);
    return [...this.#unresolved].some((prefix) => prefix === own || isBelow(prefix, own));
  }
}

function unread({ fileId, path }: SeenFolder): KnownFolder {
  return { fileId, path, etag: null };
}

function isAtOrBelow(path: string, prefix: string): boolean {
  return prefixOf(path) === prefix || isBelow(path, prefix);
}
