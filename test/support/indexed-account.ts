import { NextcloudDouble, type NextcloudDoubleOptions } from '../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Reachable, type TestUser } from './api.ts';

const YOUTH_MS = 60_000;

/** Starts a Nextcloud whose files look a minute old, so that none is young enough to be looked at twice. */
export async function startSettledNextcloud(options: NextcloudDoubleOptions = {}): Promise<NextcloudDouble> {
  const nextcloud = await NextcloudDouble.start(options);
  nextcloud.clock.advance(-YOUTH_MS);
  return nextcloud;
}

/** A user with a linked account of the same name on the double. */
export async function createLinkedUser(app: Reachable, nextcloud: NextcloudDouble, uid: string): Promise<TestUser> {
  nextcloud.addUser({ uid, password: `password of ${uid}` });
  const user = await createUser(app);
  const answer = await call(app, 'PUT /api/integrations/nextcloud/account', {
    token: user.access_token,
    json: { login_name: uid, app_password: nextcloud.createAppPassword(uid) },
  });
  if (answer.status >= 300) throw new Error(`link: ${answer.status} ${answer.text}`);
  return user;
}

/** The body of a scan that has ended. */
export type ScanBody = Record<string, number> & { readonly job_id: string };

/** Scans and waits for the end. */
export function scan(app: Reachable, user: TestUser, query = ''): Promise<Answer<ScanBody>> {
  return call<ScanBody>(app, `POST /api/integrations/files/scan-and-index?wait=60${query}`, {
    token: user.access_token,
  });
}

/** A citation as it is on the wire. */
export interface CitationBody {
  readonly number: number;
  readonly document_id: string;
  readonly title: string;
  readonly path: string;
  readonly source_type: string;
  readonly revision: string;
  readonly page: number | null;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly quoted_text: string;
  readonly relevance_score: number;
}

/** The body of an answer. */
export interface AnswerBody {
  readonly answer: string;
  readonly citations: readonly CitationBody[];
  readonly retrieval: Record<string, unknown>;
  readonly created_at: string;
}

/** Asks a question. */
export function ask(app: Reachable, user: TestUser, query: string, more: object = {}): Promise<Answer<AnswerBody>> {
  return call<AnswerBody>(app, 'POST /api/realtime/query', { token: user.access_token, json: { query, ...more } });
}

/** Puts files into an account, with the folders they need. */
export function putFiles(
  nextcloud: NextcloudDouble,
  uid: string,
  files: Readonly<Record<string, string | Buffer>>,
): void {
  for (const [path, content] of Object.entries(files)) {
    nextcloud.makeFolder(uid, path.slice(0, path.lastIndexOf('/')));
    nextcloud.putFile(uid, path, content);
  }
}

/** How often each method was asked of the double since its log was cleared. */
export function methodCounts(nextcloud: NextcloudDouble): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method } of nextcloud.requests) counts[method] = (counts[method] ?? 0) + 1;
  return counts;
}
