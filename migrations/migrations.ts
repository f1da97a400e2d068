import type { Migration } from '@mikro-orm/migrations';
import { Migration20261122000000House } from './20261122000000-house.ts';
import { Migration20261122160000Identity } from './20261122160000-identity.ts';
import { Migration20261122200000Nextcloud } from './20261122200000-nextcloud.ts';
import { Migration20261201000000DocumentSources } from './20261201000000-document-sources.ts';
import { Migration20261201120000WaitingJobs } from './20261201120000-waiting-jobs.ts';
import { Migration20261201160000JobTurns } from './20261201160000-job-turns.ts';
import { Migration20261201170000WriteChecks } from './20261201170000-write-checks.ts';
import { Migration20261201180000SealedPassages } from './20261201180000-sealed-passages.ts';

/** Every migration in order. Append only: a migration that has landed is never edited. */
export const MIGRATIONS: {
  name: string;
  class: new (...parameters: ConstructorParameters<typeof Migration>) => Migration;
}[] = [
  { name: '20261122000000-house', class: Migration20261122000000House },
  { name: '20261122160000-identity', class: Migration20261122160000Identity },
  { name: '20261122200000-nextcloud', class: Migration20261122200000Nextcloud },
  { name: '20261201000000-document-sources', class: Migration20261201000000DocumentSources },
  { name: '20261201120000-waiting-jobs', class: Migration20261201120000WaitingJobs },
  { name: '20261201160000-job-turns', class: Migration20261201160000JobTurns },
  { name: '20261201170000-write-checks', class: Migration20261201170000WriteChecks },
  { name: '20261201180000-sealed-passages', class: Migration20261201180000SealedPassages },
];
