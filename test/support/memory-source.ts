import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import {
  DocumentSource,
  SourceSession,
  type DownloadLimits,
  type SourceDownload,
  type SourceEntry,
  type SourceFile,
} from '../../src/indexing/sources/document-source.port.ts';
import { DomainError } from '../../src/problem/domain-error.ts';

interface MemoryNode {
  readonly fileId: string;
  etag: string;
  content: Buffer | null;
  uploadTime: number;
}

const LONG_AGO = 1_700_000_000;

/** Kind of a source in memory that is not given another. */
export const MEMORY = 'memory';

/** Documents in memory at the port: stable ids, folder etags that climb, a log of what was asked, and failures on demand. */
export class MemorySource extends DocumentSource {
  readonly watchDirectories = ['/Documents'];
  readonly nodes = new Map<string, MemoryNode>();
  /** What was asked, for example `download /Documents/a.txt`. */
  readonly log: string[] = [];
  /** Called before each answer, and in the middle of listings as `entry <path>`; may throw or take time. */
  onAsk: (question: string) => void | Promise<void> = () => undefined;
  openFailure: DomainError | undefined;
  /** Lists the members of folders from the last name to the first; folders come before what is in them all the same. */
  isBackwards = false;
  #lastId = 0;

  constructor(readonly kind: string = MEMORY) {
    super();
    this.#make('/', null);
  }

  put(path: string, content: string | Buffer, uploadTime = LONG_AGO): void {
    for (const folder of ancestors(path)) if (!this.nodes.has(folder)) this.#make(folder, null);
    const node = this.nodes.get(path) ?? this.#make(path, Buffer.alloc(0));
    node.content = Buffer.from(content);
    node.uploadTime = uploadTime;
    node.etag = this.#etag();
    this.#touch(path);
  }

  remove(path: string): void {
    for (const each of this.#tree(path)) this.nodes.delete(each);
    this.#touch(path);
  }

  /** Keeps ids and etags of everything that moves. */
  move(from: string, to: string): void {
    const moved = this.#tree(from).map((path): [string, MemoryNode] => [
      to + path.slice(from.length),
      this.#node(path),
    ]);
    for (const path of this.#tree(from)) this.nodes.delete(path);
    for (const [path, node] of moved) this.nodes.set(path, node);
    this.#touch(from);
    this.#touch(to);
  }

  fileId(path: string): string {
    return this.#node(path).fileId;
  }

  openSession(): Promise<SourceSession> {
    return this.openFailure ? Promise.reject(this.openFailure) : Promise.resolve(new MemorySession(this));
  }

  usersWithSource(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async ask(question: string): Promise<void> {
    this.log.push(question);
    await this.onAsk(question);
  }

  entry(path: string): SourceEntry {
    const { fileId, etag, content, uploadTime } = this.#node(path);
    return {
      fileId,
      path,
      isUnscanned: false,
      isFolder: content === null,
      etag,
      size: content?.length ?? 0,
      uploadTime,
      modifiedAt: new Date(uploadTime * 1000),
      mediaType: 'application/octet-stream',
    };
  }

  below(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const paths = [...this.nodes.keys()].filter((path) => path.startsWith(prefix) && path !== '/').toSorted();
    if (!this.isBackwards) return paths;
    const depth = (path: string): number => path.split('/').length;
    return paths.toReversed().toSorted((one, other) => depth(one) - depth(other));
  }

  #tree(path: string): string[] {
    return [path, ...this.below(path)];
  }

  #node(path: string): MemoryNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new DomainError('file-not-found');
    return node;
  }

  #make(path: string, content: Buffer | null): MemoryNode {
    this.#lastId += 1;
    const node = { fileId: String(this.#lastId), etag: this.#etag(), content, uploadTime: 0 };
    this.nodes.set(path, node);
    return node;
  }

  #touch(path: string): void {
    const etag = this.#etag();
    for (const folder of ancestors(path)) this.#node(folder).etag = etag;
  }

  #lastEtag = 0;

  #etag(): string {
    this.#lastEtag += 1;
    return `"etag-${this.#lastEtag}"`;
  }
}

class MemorySession extends SourceSession {
  readonly #source: MemorySource;

  constructor(source: MemorySource) {
    super();
    this.#source = source;
  }

  async stat(path: string): Promise<SourceEntry> {
    await this.#source.ask(`stat ${path}`);
    return this.#source.entry(path);
  }

  async *list(path: string): AsyncGenerator<SourceEntry> {
    await this.#source.ask(`list ${path}`);
    const depth = path === '/' ? 1 : path.split('/').length;
    yield* this.#entries([path, ...this.#source.below(path).filter((each) => each.split('/').length === depth + 1)]);
  }

  async *walk(path: string): AsyncGenerator<SourceEntry> {
    await this.#source.ask(`walk ${path}`);
    yield* this.#entries([path, ...this.#source.below(path)]);
  }

  async download(file: SourceFile, target: string, { maxBytes }: DownloadLimits): Promise<SourceDownload> {
    await this.#source.ask(`download ${file.path}`);
    const { etag } = this.#source.entry(file.path);
    const content = this.#source.nodes.get(file.path)?.content;
    if (!content) throw new DomainError('not-a-file');
    if (content.length > maxBytes) throw new DomainError('file-too-large');
    await writeFile(target, content);
    await this.#source.onAsk(`downloaded ${file.path}`);
    return { etag, size: content.length, contentHash: createHash('sha256').update(content).digest('hex') };
  }

  async *#entries(paths: readonly string[]): AsyncGenerator<SourceEntry> {
    for (const path of paths) {
      await this.#source.onAsk(`entry ${path}`);
      yield this.#source.entry(path);
    }
  }
}

function ancestors(path: string): string[] {
  const folders = ['/'];
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) folders.push(path.slice(0, end));
  return folders;
}
