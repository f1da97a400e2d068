import { NextcloudDouble } from '../test/nextcloud-double/nextcloud-double.ts';
import type { ApiClient, Job } from '../demo/api-client.ts';
import { startWithAccount, type BenchAccount } from './bench-account.ts';

const USER = 'bench';
const YOUTH_MS = 60_000;
const POLL_MS = 500;

/** Folder that the server of a bench watches. */
export const ROOT = '/Documents';

/** A server whose user has linked an account of the Nextcloud double. */
export interface BenchNextcloud extends BenchAccount {
  readonly nextcloud: NextcloudDouble;
  stop(): Promise<void>;
}

/** Starts both. @param fill puts files into `ROOT`; they look a minute old, so that none is looked at twice */
export async function startWithNextcloud(
  fill: (nextcloud: NextcloudDouble, uid: string) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<BenchNextcloud> {
  const nextcloud = await NextcloudDouble.start();
  nextcloud.clock.advance(-YOUTH_MS);
  nextcloud.addUser({ uid: USER, password: 'not-used' });
  nextcloud.makeFolder(USER, ROOT);
  fill(nextcloud, USER);
  const account = await startWithAccount({
    LOG_LEVEL: 'silent',
    NEXTCLOUD_URL: nextcloud.url,
    NEXTCLOUD_WATCH_DIRECTORIES: ROOT,
    ...env,
  });
  const json = { login_name: USER, app_password: nextcloud.createAppPassword(USER) };
  await account.api.put('/api/integrations/nextcloud/account', json);
  const stop = async (): Promise<void> => {
    await account.server.stop();
    await nextcloud.stop();
  };
  return { ...account, nextcloud, stop };
}

/** Scans, however long it takes. @returns the counters */
export async function scanToTheEnd(api: ApiClient): Promise<Job> {
  const started = await api.post<Job>('/api/integrations/files/scan-and-index?wait=0', {});
  for (;;) {
    const job = await api.get<{ state: string; progress: Job }>(`/api/jobs/${started.job_id ?? ''}`);
    if (job.state === 'succeeded') return job.progress;
    if (job.state !== 'queued' && job.state !== 'running') throw new Error(`The scan has ${job.state}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
