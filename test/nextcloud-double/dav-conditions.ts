import type { Answer } from './answer.ts';
import { preconditionFailed } from './dav-error.ts';
import type { Exchange } from './exchange.ts';
import type { Located } from './tree-node.ts';

/** Checks the conditional headers. @returns a 304 answer, or null to go on. @throws DavError 412 */
export function checkConditions(exchange: Exchange, located: Located | null): Answer | null {
  checkIfMatch(exchange.header('if-match'), located);
  const ifNoneMatch = exchange.header('if-none-match');
  if (ifNoneMatch !== null) return checkIfNoneMatch(exchange, ifNoneMatch, located);
  if (located === null) return null;
  const modified = new Date(located.node.mtimeSeconds * 1000);
  const since = Date.parse(exchange.header('if-modified-since') ?? '');
  if (exchange.method === 'GET' && modified.getTime() <= since) {
    return { status: 304, headers: { 'Last-Modified': modified.toUTCString() } };
  }
  const until = Date.parse(exchange.header('if-unmodified-since') ?? '');
  if (modified.getTime() > until) {
    const message =
      'An If-Unmodified-Since header was specified, but the entity has been changed since the specified date.';
    throw preconditionFailed('If-Unmodified-Since', message);
  }
  return null;
}

/** Only files have an ETag to compare: a folder's own ETag in If-Match still answers 412. */
function etagOf(located: Located): string | null {
  return located.node.kind === 'file' ? located.node.etag : null;
}

function checkIfMatch(ifMatch: string | null, located: Located | null): void {
  if (ifMatch === null) return;
  if (located === null) {
    throw preconditionFailed('If-Match', 'An If-Match header was specified and the resource did not exist');
  }
  const etag = etagOf(located);
  if (ifMatch === '*' || (etag !== null && matches(ifMatch, etag))) return;
  const message = 'An If-Match header was specified, but none of the specified ETags matched.';
  throw preconditionFailed('If-Match', message, etag ?? undefined);
}

function checkIfNoneMatch(exchange: Exchange, ifNoneMatch: string, located: Located | null): Answer | null {
  if (located === null) return null;
  const etag = etagOf(located);
  const isAny = ifNoneMatch === '*';
  if (!isAny && (etag === null || !matches(ifNoneMatch, etag))) return null;
  if (exchange.method === 'GET') return { status: 304, headers: isAny || etag === null ? {} : { ETag: `"${etag}"` } };
  const message = 'An If-None-Match header was specified, but the ETag matched (or * was specified).';
  throw preconditionFailed('If-None-Match', message, isAny ? undefined : (etag ?? undefined));
}

/** Only strong tags match: `W/"..."` never does. */
function matches(header: string, etag: string): boolean {
  return header.split(',').some((it) => it.trim() === `"${etag}"`);
}
