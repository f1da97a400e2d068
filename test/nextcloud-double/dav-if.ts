import { destinationOf, findNode, notFoundPath } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import { preconditionFailed } from './dav-error.ts';

/** Checks an If header that names the entity tag of one resource: `<url> (["etag"])`. @throws DavError 404 or 412 */
export function checkIf(context: DavContext): void {
  const header = context.exchange.header('if');
  if (header === null) return;
  const [, url = '', etag = ''] = /^\s*<([^>]*)>\s*\(\[("[^"]*")\]\)\s*$/.exec(header) ?? [];
  const path = destinationOf(context, url);
  const found = findNode(context, path);
  if (found === null) throw notFoundPath(path);
  // Of a folder no entity tag is ever right.
  if (found.node.kind === 'file' && etag === `"${found.node.etag}"`) return;
  const where = ['files', context.account.uid, ...path].join('/');
  throw preconditionFailed('If', `Failed to find a valid token/etag combination for ${where}`);
}
