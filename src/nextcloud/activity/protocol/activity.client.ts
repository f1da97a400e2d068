import { failure } from '../../../outbound/transport-error.ts';
import { isDomainError } from '../../../problem/domain-error.ts';
import type { NextcloudLogin } from '../../dav/nextcloud-credential.ts';
import { findField, findText, isOcsSuccess, readOcsAnswer } from '../../server/ocs-envelope.ts';
import { callNextcloud, type NextcloudEndpoint } from '../../server/ocs.transport.ts';

/** What a look into the feed of a user has shown. */
export type ActivityNews =
  /** Nothing newer. */
  | { readonly kind: 'nothing' }
  /** The server has no feed for this user: the app is off, or the user switched everything off in it. */
  | { readonly kind: 'off' }
  /** The cursor is none of this user's feed; what happened meanwhile is not known. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'news'; readonly newestId: number; readonly isAboutFiles: boolean; readonly isWhole: boolean };

const FEED = '/ocs/v2.php/apps/activity/api/v2/activity';
const PAGE = 50;
const MAX_ID = 2 ** 52;

/**
 * The feed of the app `activity`, which tells a user what happened. It can be switched off, forgets, and restarts from
 * its beginning when it does not know where to go on: good enough to look for changes early, never to know them.
 */
export class ActivityClient {
  constructor(private readonly endpoint: NextcloudEndpoint) {}

  /** The newest entry. */
  newest(login: NextcloudLogin): Promise<ActivityNews> {
    return this.#read(login, 'sort=desc&limit=1');
  }

  /**
   * What came after an entry, the oldest first.
   *
   * @param since id of an entry that this user was given
   * @throws DomainError those of `readOcsAnswer` and of the outbound client
   */
  since(login: NextcloudLogin, since: number): Promise<ActivityNews> {
    return this.#read(login, `sort=asc&limit=${PAGE}&since=${since}`, since);
  }

  async #read(login: NextcloudLogin, query: string, since = 0): Promise<ActivityNews> {
    const raw = await callNextcloud(this.endpoint, {
      method: 'GET',
      path: `${FEED}?format=json&${query}`,
      login,
      // Without this field every call with Basic is answered 412.
      headers: { 'ocs-apirequest': 'true' },
    });
    if (raw.status === 304) return { kind: 'nothing' };
    if (raw.status === 204) return { kind: 'off' };
    const { name } = this.endpoint.policy;
    const answer = whenMissing(raw.status, () => readOcsAnswer(raw, name));
    if (answer === null) return { kind: 'off' };
    if (answer.statusCode === 403) return { kind: 'lost' };
    if (!isOcsSuccess(answer)) return { kind: 'off' };
    if (!Array.isArray(answer.data)) throw failure('upstream-protocol-error', name, 'activity');
    return newsOf(answer.data, since);
  }
}

function newsOf(entries: readonly unknown[], since: number): ActivityNews {
  const ids = entries.map((entry) => findField(entry, 'activity_id')).filter((id) => isId(id));
  if (ids.length === 0) return { kind: 'nothing' };
  // A server that does not know the cursor begins again with the first entry it has.
  if (Math.min(...ids) <= since) return { kind: 'lost' };
  const isAboutFiles = entries.some((entry) => findText(entry, 'object_type') === 'files');
  return { kind: 'news', newestId: Math.max(...ids), isAboutFiles, isWhole: entries.length < PAGE };
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < MAX_ID;
}

/** A server without the app answers 404, in the envelope or as a page. @returns null then */
function whenMissing<Answer>(status: number, read: () => Answer): Answer | null {
  try {
    return read();
  } catch (error) {
    if (status === 404 && isDomainError(error, 'upstream-misconfigured', 'upstream-protocol-error')) return null;
    throw error;
  }
}
