import type { EntityManager } from '@mikro-orm/postgresql';
import type { Job } from '../../jobs/job.entity.ts';
import type { JobsService } from '../../jobs/jobs.service.ts';
import type { UserSource } from '../sources/document-source.types.ts';
import { sourceJob } from '../sources/source-job.ts';
import { SCAN } from './scan.job.ts';

/**
 * Asks for a scan in the transaction of `em`, or returns the one that is open. A first scan takes turns with other long
 * ones from the beginning, so that it holds up no scan of a few changes.
 */
export async function submitScan(
  em: EntityManager,
  jobs: JobsService,
  { parameters, ...owner }: UserSource & { readonly parameters?: Readonly<Record<string, unknown>> },
): Promise<Job> {
  const scanned = await em.execute<unknown[]>(
    'select 1 from scan_states where user_id = ? and source = ? and scanned_at is not null',
    [owner.userId, owner.source],
  );
  return jobs.submit(em, { ...sourceJob(SCAN, owner, parameters), isLong: scanned.length === 0 });
}
