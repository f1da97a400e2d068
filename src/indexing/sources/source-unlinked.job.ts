import { Injectable } from '@nestjs/common';
import { JobHandler, type JobContext } from '../../jobs/job-handler.port.ts';
import type { JobCounters } from '../../jobs/job.entity.ts';
import { Database } from '../../persistence/database.ts';
import { IndexSync } from '../retrieval/index-sync.ts';
import { DocumentRemoval } from './document-removal.ts';
import { userSourceOf } from './source-job.ts';

/** Kind of the job. */
export const SOURCE_UNLINKED = 'source-unlinked';

/** Takes everything out of the index that came from a source which the user has unlinked. */
@Injectable()
export class SourceUnlinkedJob extends JobHandler {
  readonly kind = SOURCE_UNLINKED;
  readonly concurrency = 1;

  constructor(
    private readonly database: Database,
    private readonly indexSync: IndexSync,
    private readonly removal: DocumentRemoval,
  ) {
    super();
  }

  async run(context: JobContext): Promise<JobCounters> {
    const { userId, source } = userSourceOf(context);
    const counters = await this.database.transaction(async (em) => {
      const rows = await em.execute<{ id: string }[]>(
        `select id from documents where user_id = ? and source = ? and state <> 'removed' order by id for update`,
        [userId, source],
      );
      await this.removal.remove(
        em,
        userId,
        rows.map(({ id }) => id),
      );
      await em.execute('delete from scanned_folders where user_id = ? and source = ?', [userId, source]);
      await em.execute(
        'update scan_states set rules_hash = null, reconciled_at = null where user_id = ? and source = ?',
        [userId, source],
      );
      return { files_removed: rows.length };
    });
    await this.indexSync.evict(userId);
    return counters;
  }
}
