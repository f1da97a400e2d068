import { Injectable } from '@nestjs/common';
import { DomainEvents } from '../../changes/domain-events.ts';
import { JobsService } from '../../jobs/jobs.service.ts';
import { NEXTCLOUD_FILES } from './document-source.types.ts';
import { sourceJob } from './source-job.ts';
import { SOURCE_UNLINKED } from './source-unlinked.job.ts';

/** Kinds of the jobs that read a source. */
const SOURCE_READERS = ['scan', 'index-file'];

/** What indexing does when the account that a user's documents come from is unlinked or refused. */
@Injectable()
export class SourceEvents {
  constructor(jobs: JobsService, events: DomainEvents) {
    const source = NEXTCLOUD_FILES;
    events.on('account.unlinked', async (em, { userId }) => {
      await jobs.submit(em, sourceJob(SOURCE_UNLINKED, { userId, source }));
    });
    events.on('account.refused', (em, { userId, problemCode }) =>
      jobs.failAll(em, userId, { kinds: SOURCE_READERS, parameters: { source }, problemCode }),
    );
  }
}
