import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { PassageIndex } from '../passage-index/passage-index.port.ts';
import type { IndexedPassage, PassageChange } from '../passage-index/passage-index.types.ts';
import { openText } from '../sources/passage-text.ts';

/** A batch holds at least one document and else at most this much text. */
const BATCH_CHARACTERS = 2_000_000;
const BATCH_DOCUMENTS = 500;
/** A sync that others share may have begun before this caller looked. */
const MAX_SYNCS = 3;

interface PlannedRow {
  readonly sequence: string;
  readonly length: string;
}

interface PassageRow {
  readonly documentId: string;
  readonly sequence: string;
  readonly sourceType: string;
  readonly isIndexed: boolean;
  readonly chunkId: string | null;
  readonly text: string | null;
  readonly isSealed: boolean;
}

const PLAN = `
  select d.index_sequence as sequence, coalesce(r.text_length, 0) as length
  from documents d left join document_revisions r on r.id = d.revision_id
  where d.user_id = ? and d.index_sequence > ? order by d.index_sequence limit ?`;

const PASSAGES = `
  select d.id as "documentId", d.index_sequence as sequence, d.source_type as "sourceType",
    d.revision_id is not null as "isIndexed", c.id as "chunkId", c.text, c.is_sealed as "isSealed"
  from documents d left join chunks c on c.document_id = d.id and c.revision_id = d.revision_id
  where d.user_id = ? and d.index_sequence > ? and d.index_sequence <= ?
  order by d.index_sequence, c.position`;

/**
 * Brings a user's part of the passage index up to date with PostgreSQL. Every process does so for itself before it
 * searches; a new, restarted or evicted index is fed from the start in the same way.
 */
@Injectable()
export class IndexSync {
  readonly #underWay = new Map<string, Promise<number>>();
  readonly #owners = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly index: PassageIndex,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Applies what the index lacks.
   *
   * @returns the position that a search must find the index at
   */
  async catchUp(userId: string): Promise<number> {
    const head = await this.#head(userId);
    let applied = await this.index.appliedSequence(userId);
    for (let round = 0; applied < head && round < MAX_SYNCS; round += 1) applied = await this.#syncOnce(userId);
    return applied;
  }

  /** Users with passages in memory. */
  owners(): string[] {
    return [...this.#owners];
  }

  /** Takes the passages of a user out of memory; the next question brings back what there is then. */
  async evict(userId: string): Promise<void> {
    if (!this.#owners.delete(userId)) return;
    await this.index.forget(userId);
  }

  async #head(userId: string): Promise<number> {
    const [row] = await this.database.read((em) =>
      em.execute<{ sequence: string }[]>('select sequence from index_heads where user_id = ?', [userId]),
    );
    return Number(row?.sequence ?? 0);
  }

  /** Callers at the same time share one sync. */
  #syncOnce(userId: string): Promise<number> {
    const underWay = this.#underWay.get(userId);
    if (underWay !== undefined) return underWay;
    const syncing = this.#sync(userId).finally(() => this.#underWay.delete(userId));
    this.#underWay.set(userId, syncing);
    return syncing;
  }

  /** @returns the position reached, which is not asked of the index: it may be evicted at any time */
  async #sync(userId: string): Promise<number> {
    let applied = await this.index.appliedSequence(userId);
    for (
      let end = await this.#planBatch(userId, applied);
      end > applied;
      end = await this.#planBatch(userId, applied)
    ) {
      const changes = await this.#changes(userId, applied, end);
      const reached = changes.at(-1)?.sequence;
      // Every planned document has moved up in the stream meanwhile: plan again.
      if (reached === undefined) continue;
      this.#owners.add(userId);
      await this.index.apply(userId, changes, { afterSequence: applied });
      applied = reached;
    }
    return applied;
  }

  /** @returns the last position of the next batch; `applied` when there is none */
  async #planBatch(userId: string, applied: number): Promise<number> {
    const rows = await this.database.read((em) => em.execute<PlannedRow[]>(PLAN, [userId, applied, BATCH_DOCUMENTS]));
    let characters = 0;
    let end = applied;
    for (const row of rows) {
      characters += Number(row.length);
      if (characters > BATCH_CHARACTERS && end > applied) break;
      end = Number(row.sequence);
    }
    return end;
  }

  /** One statement, hence one state of the database: a document that moves up meanwhile comes with a later batch. */
  async #changes(userId: string, after: number, end: number): Promise<PassageChange[]> {
    const [rows, seal] = await this.database.read(
      async (em) =>
        [await em.execute<PassageRow[]>(PASSAGES, [userId, after, end]), await this.sealer.of(em, userId)] as const,
    );
    const changes = new Map<string, PassageChange & { chunks: IndexedPassage[] | null }>();
    for (const { documentId, sequence, sourceType, isIndexed, chunkId, text, isSealed } of rows) {
      const change = changes.get(documentId) ?? {
        documentId,
        sequence: Number(sequence),
        sourceType,
        chunks: isIndexed ? [] : null,
      };
      if (chunkId !== null && text !== null)
        change.chunks?.push({ chunkId, text: openText(seal, { chunkId, text, isSealed }) });
      changes.set(documentId, change);
    }
    return [...changes.values()];
  }
}
