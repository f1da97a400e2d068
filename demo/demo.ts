// Walks from an empty server to a cited answer and shows every step: `npm run demo`.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readCommandLine } from '../src/command-line.ts';
import { ApiClient, type Answer, type Job, type Link } from './api-client.ts';
import { openNextcloud } from './demo-nextcloud.ts';
import { startServer } from './server-process.ts';

const QUESTIONS = [
  'What are first-line treatments for hypertension?',
  'When must metformin not be started?',
  'How long before a procedure is warfarin stopped?',
];
const LINK_POLL_MS = 2000;
const KEPT_PORT = 8000;
const USAGE = `Usage: npm run demo [-- --keep]
Walks from an empty server to a cited answer.
--keep  leaves the server and its Nextcloud running afterwards, on port 8000 (or PORT), until Ctrl+C
`;

const { keep } = readCommandLine({ usage: USAGE, options: { keep: { type: 'boolean' } } }).values;

let step = 0;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const title = (text: string): void => say(`\n${String((step += 1))}. ${text}`);
const show = (text: string): void => say(text.replaceAll(/^/gm, '   '));

async function link(api: ApiClient, grant: (loginUrl: string) => void): Promise<void> {
  const started = await api.post<Link & { login_url: string }>('/api/integrations/nextcloud/link', {});
  show(`open ${started.login_url}`);
  grant(started.login_url);
  for (;;) {
    const { state } = await api.get<Link>(`/api/integrations/nextcloud/link/${started.link_id}`);
    if (state === 'linked') return;
    if (state === 'expired') throw new Error('Access was not granted in time');
    await new Promise((resolve) => setTimeout(resolve, LINK_POLL_MS));
  }
}

async function scan(api: ApiClient): Promise<Job> {
  let job = await api.post<Job>('/api/integrations/files/scan-and-index?source_type=guideline', {});
  while (job.job_id !== undefined && job.files_discovered === undefined) {
    const latest = await api.get<{ state: string; progress: Job }>(`/api/jobs/${job.job_id}`);
    if (latest.state === 'failed') throw new Error('The scan failed');
    job = latest.state === 'succeeded' ? { ...latest.progress, job_id: job.job_id } : job;
    await new Promise((resolve) => setTimeout(resolve, LINK_POLL_MS));
  }
  return job;
}

function showAnswer({ answer, citations }: Answer): void {
  show(answer);
  for (const [index, { title: name, path, page, quoted_text: quote }] of citations.entries()) {
    const where = page === null ? '' : `, page ${String(page)}`;
    show(`[${String(index + 1)}] ${name ?? path} (${path}${where})\n    "${quote.replaceAll(/\s+/g, ' ').trim()}"`);
  }
}

/** Says what runs and how to use it, and waits for Ctrl+C. */
async function keepRunning({ email, password }: { readonly email: string; readonly password: string }): Promise<void> {
  say('\nEverything goes on running; Ctrl+C ends it and deletes its data.');
  show(`server     ${server.url}, Swagger UI at ${server.url}/docs`);
  show(`login      ${email}, password "${password}"`);
  show(`Nextcloud  ${nextcloud.url}: ${nextcloud.howToLink}`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

const nextcloud = await openNextcloud();
const server = await startServer(
  { NEXTCLOUD_URL: nextcloud.url },
  keep === true ? { port: Number(process.env['PORT'] ?? KEPT_PORT) } : {},
);
try {
  const api = new ApiClient(server.url);
  say(nextcloud.introduction);

  title(
    `The server runs at ${server.url} with an embedded database in a temporary folder; Swagger UI is at ${server.url}/docs`,
  );
  show(JSON.stringify((await api.get<{ checks: object }>('/ready')).checks));

  title('Register and log in');
  const credentials = { email: 'doctor@clinic.example', password: `demo ${randomBytes(12).toString('base64url')}` };
  const user = await api.post<{ id: string }>('/api/auth/register', { ...credentials, full_name: 'Demo Doctor' });
  const tokens = await api.post<{ access_token: string; expires_in: number }>('/api/auth/login', credentials);
  api.accessToken = tokens.access_token;
  show(`user ${user.id}, access token for ${String(tokens.expires_in / 60)} minutes`);

  title('Link the Nextcloud account (Login Flow v2)');
  await link(api, nextcloud.grant);
  const account = await api.get<{ uid: string; state: string }>('/api/integrations/nextcloud/account');
  show(`${account.state} as ${account.uid}`);

  title('Scan and index the watched folders');
  const counted = await scan(api);
  show(
    `discovered ${String(counted.files_discovered)}, indexed ${String(counted.files_indexed)}, ` +
      `failed ${String(counted.files_failed)}, skipped ${String(counted.files_skipped)}`,
  );

  for (const query of QUESTIONS) {
    title(`Ask: ${query}`);
    showAnswer(await api.post<Answer>('/api/realtime/query', { query }));
  }

  title('Scan again: nothing has changed, so nothing is downloaded');
  nextcloud.clearRequests();
  const again = await scan(api);
  show(
    `discovered ${String(again.files_discovered)}, indexed ${String(again.files_indexed)}, skipped ${String(again.files_skipped)}`,
  );
  show(nextcloud.requestSummary());
  if (keep === true) await keepRunning(credentials);
} finally {
  await server.stop();
  await nextcloud.stop();
}
say('\nDone.');
