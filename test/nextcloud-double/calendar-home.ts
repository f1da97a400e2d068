import type { Account } from './accounts.ts';
import type { Answer } from './answer.ts';
import { notFound } from './dav-error.ts';
import { decodePath, encodePath } from './dav-path.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';

const XML = { 'Content-Type': 'application/xml; charset=utf-8' };
const CALENDAR = '<d:collection/><cal:calendar/>';
const COLLECTIONS = [
  ['', '<d:collection/>'],
  ['personal/', CALENDAR],
  ['inbox/', '<d:collection/><cal:schedule-inbox/>'],
  ['outbox/', '<d:collection/><cal:schedule-outbox/>'],
  ['trashbin/', '<d:collection/><nc:trash-bin/>'],
] as const;

/** Answers PROPFIND on the caller's calendar home with the types of its collections; null for other paths. */
export function answerCalendarHome(exchange: Exchange, state: ServerState, account: Account): Answer | null {
  const [, , area, uid, ...rest] = decodePath(exchange.path);
  if (area !== 'calendars' || exchange.method !== 'PROPFIND') return null;
  if (uid !== account.uid || rest.length > 0) throw notFound(`Calendar home of ${uid ?? ''} not found`);
  const shown = COLLECTIONS.filter(([, type]) => type !== CALENDAR || !state.faults.hasNoCalendars);
  const responses = shown
    .slice(0, exchange.header('depth') === '0' ? 1 : undefined)
    .map(
      ([name, type]) =>
        `<d:response><d:href>/remote.php/dav/calendars/${encodePath([uid])}/${name}</d:href><d:propstat><d:prop>` +
        `<d:resourcetype>${type}</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`,
    );
  const body =
    '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav" ' +
    `xmlns:nc="http://nextcloud.com/ns">${responses.join('')}</d:multistatus>\n`;
  return { status: 207, headers: XML, body };
}
