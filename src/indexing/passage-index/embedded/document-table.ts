import type { PassageSearchOptions, PassageSourceType } from '../passage-index.types.ts';

/** One indexed state of a document; a later state gets a revision of its own. */
export interface DocumentRevision {
  readonly documentId: string;
  readonly sourceType: PassageSourceType;
  chunkCount: number;
  termCount: number;
}

const REVISION_BYTES = 200;

/** The documents of one owner, their live revisions, and what they add up to. */
export class DocumentTable {
  readonly #revisions: DocumentRevision[] = [];
  readonly #liveRevisions = new Map<string, number>();
  /** Also of removed documents, so that a late repeat of an older change does not bring one back. */
  readonly #sequences = new Map<string, number>();
  #liveChunkCount = 0;
  #liveTermCount = 0;

  /** Chunks and terms of live revisions: the N and the average length of BM25. */
  get liveChunkCount(): number {
    return this.#liveChunkCount;
  }

  get averageTermCount(): number {
    return this.#liveChunkCount === 0 ? 0 : this.#liveTermCount / this.#liveChunkCount;
  }

  /** Memory held, in bytes (estimated). */
  get byteLength(): number {
    return (this.#revisions.length + this.#sequences.size) * REVISION_BYTES;
  }

  sequence(documentId: string): number {
    return this.#sequences.get(documentId) ?? 0;
  }

  /** A revision that no search sees until it is published. */
  stage(documentId: string, sourceType: PassageSourceType): number {
    this.#revisions.push({ documentId, sourceType, chunkCount: 0, termCount: 0 });
    return this.#revisions.length - 1;
  }

  countChunk(revision: number, termCount: number): void {
    const entry = this.#revisions[revision];
    if (entry === undefined) return;
    entry.chunkCount += 1;
    entry.termCount += termCount;
  }

  /** Makes a staged revision the document's only one. */
  publish(documentId: string, revision: number, sequence: number): void {
    this.remove(documentId, sequence);
    this.#liveRevisions.set(documentId, revision);
    this.#add(revision, 1);
  }

  remove(documentId: string, sequence: number): void {
    const revision = this.#liveRevisions.get(documentId);
    if (revision !== undefined) this.#add(revision, -1);
    this.#liveRevisions.delete(documentId);
    this.#sequences.set(documentId, sequence);
  }

  documentId(revision: number): string {
    return this.#revisions[revision]?.documentId ?? '';
  }

  /** One byte per revision: 1 for a live one. */
  liveMask(): Uint8Array {
    const mask = new Uint8Array(this.#revisions.length);
    for (const revision of this.#liveRevisions.values()) mask[revision] = 1;
    return mask;
  }

  /** One byte per revision: 1 for a live one that the filters let through. */
  permittedMask({ documentIds, sourceTypes }: PassageSearchOptions): Uint8Array {
    const mask = new Uint8Array(this.#revisions.length);
    const types = sourceTypes === undefined ? undefined : new Set(sourceTypes);
    for (const documentId of documentIds ?? this.#liveRevisions.keys()) {
      const revision = this.#liveRevisions.get(documentId);
      const entry = revision === undefined ? undefined : this.#revisions[revision];
      if (revision === undefined || entry === undefined) continue;
      if (types === undefined || types.has(entry.sourceType)) mask[revision] = 1;
    }
    return mask;
  }

  /** The same documents with only their live revisions; `oldToNew` is filled with the new revision of each. */
  compacted(oldToNew: Map<number, number>): DocumentTable {
    const table = new DocumentTable();
    for (const [documentId, sequence] of this.#sequences) table.#sequences.set(documentId, sequence);
    for (const [documentId, revision] of this.#liveRevisions) {
      const entry = this.#revisions[revision];
      if (entry === undefined) continue;
      table.#revisions.push(entry);
      table.#liveRevisions.set(documentId, table.#revisions.length - 1);
      oldToNew.set(revision, table.#revisions.length - 1);
    }
    table.#liveChunkCount = this.#liveChunkCount;
    table.#liveTermCount = this.#liveTermCount;
    return table;
  }

  #add(revision: number, sign: 1 | -1): void {
    const entry = this.#revisions[revision];
    if (entry === undefined) return;
    this.#liveChunkCount += sign * entry.chunkCount;
    this.#liveTermCount += sign * entry.termCount;
  }
}
