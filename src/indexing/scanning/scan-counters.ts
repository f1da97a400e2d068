import { Injectable } from '@nestjs/common';
import type { JobCounters } from '../../jobs/job.entity.ts';
import { Database } from '../../persistence/database.ts';
import type { UserSource } from '../sources/document-source.types.ts';

type CounterRow = Record<
  'discovered' | 'indexed' | 'failed' | 'pending' | 'without_text' | 'chunks_indexed',
  string | number
>;

const COUNT = `
  select count(*) as discovered,
    count(*) filter (where d.state = 'indexed' and d.indexed_by = ?::uuid) as indexed,
    count(*) filter (where d.state in ('failed', 'too_large')) as failed,
    count(*) filter (where d.state = 'pending') as pending,
    count(*) filter (where d.state = 'no_text_layer') as without_text,
    coalesce(sum(r.chunk_count) filter (where d.state = 'indexed' and d.indexed_by = ?::uuid), 0) as chunks_indexed
  from documents d left join document_revisions r on r.id = d.revision_id
  where d.user_id = ? and d.source = ? and d.state <> 'removed'`;

/**
 * Counts the outcome of a scan from the rows themselves, so that a scan that was cut off and taken up again counts
 * like an undisturbed one, and discovered = indexed + failed + skipped whatever happened.
 */
@Injectable()
export class ScanCounters {
  constructor(private readonly database: Database) {}

  /** While the scan runs: what waits is counted as pending. */
  async soFar(owner: UserSource, jobId: string): Promise<JobCounters> {
    const { pending, ...counted } = await this.#count(owner, jobId);
    return { ...named(counted, pending), files_pending: pending };
  }

  /** At the end: what could not be read yet counts as failed; the next scan tries it again. */
  async atTheEnd(owner: UserSource, jobId: string): Promise<JobCounters> {
    const { pending, ...counted } = await this.#count(owner, jobId);
    return named({ ...counted, failed: counted.failed + pending }, 0);
  }

  async #count({ userId, source }: UserSource, jobId: string): Promise<Record<keyof CounterRow, number>> {
    const [row] = await this.database.read((em) => em.execute<CounterRow[]>(COUNT, [jobId, jobId, userId, source]));
    if (row === undefined) throw new Error('Counting gave no row');
    return {
      discovered: Number(row.discovered),
      indexed: Number(row.indexed),
      failed: Number(row.failed),
      pending: Number(row.pending),
      without_text: Number(row.without_text),
      chunks_indexed: Number(row.chunks_indexed),
    };
  }
}

function named(counted: Omit<Record<keyof CounterRow, number>, 'pending'>, pending: number): JobCounters {
  const { discovered, indexed, failed } = counted;
  return {
    files_discovered: discovered,
    files_indexed: indexed,
    files_failed: failed,
    files_skipped: discovered - indexed - failed - pending,
    files_without_text: counted.without_text,
    chunks_indexed: counted.chunks_indexed,
  };
}
