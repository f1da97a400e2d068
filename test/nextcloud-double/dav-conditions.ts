import type { Answer } from './answer.ts';
import { preconditionFailed } from './dav-error.ts';
import type { Exchange } from './exchange.ts';
import type { Located } from './tree-node.ts';
import type { ServerState } from './server-state.ts';

/** Checks the conditional headers. @returns a 304 answer, or null to go on. @throws DavError 412 */
export function checkConditions(exchange: Exchange, located: Located | null, state: ServerState): Answer | null {
  const etag = located === null ? null : state.tree.etagOf(located);
  checkIfMatch(exchange.header('if-match'), etag);
  const ifNoneMatch = exchange.header('if-none-match');
  if (ifNoneMatch !== null) return checkIfNoneMatch(exchange, ifNoneMatch, etag);
  if (located === null) return null;
  const since = Date.parse(exchange.header('if-modified-since') ?? '');
  if (exchange.method === 'GET' && located.node.mtimeSeconds * 1000 <= since) return { status: 304 };
  const until = Date.parse(exchange.header('if-unmodified-since') ?? '');
  if (located.node.mtimeSeconds * 1000 > until) {
    const message =
      'An If-Unmodified-Since header was specified, but the entity has been changed since the specified date.';
    throw preconditionFailed('If-Unmodified-Since', message);
  }
  return null;
}

function checkIfMatch(ifMatch: string | null, etag: string | null): void {
  if (ifMatch === null) return;
  if (etag === null)
    throw preconditionFailed('If-Match', 'An If-Match header was specified and the resource did not exist');
  if (ifMatch === '*' || matches(ifMatch, etag)) return;
  throw preconditionFailed(
    'If-Match',
    'An If-Match header was specified, but none of the specified ETags matched.',
    etag,
  );
}

function checkIfNoneMatch(exchange: Exchange, ifNoneMatch: string, etag: string | null): Answer | null {
  if (etag === null || (ifNoneMatch !== '*' && !matches(ifNoneMatch, etag))) return null;
  if (exchange.method === 'GET') return { status: 304, headers: ifNoneMatch === '*' ? {} : { ETag: `"${etag}"` } };
  const message = 'An If-None-Match header was specified, but the ETag matched (or * was specified).';
  throw preconditionFailed('If-None-Match', message, ifNoneMatch === '*' ? undefined : etag);
}

/** Only strong tags match: `W/"..."` never does. */
function matches(header: string, etag: string): boolean {
  return header.split(',').some((it) => it.trim() === `"${etag}"`);
}
