/** What to look for; every condition that is given must hold. */
export interface FileQuery {
  /** Folder in its normal form, see `davPath`. */
  readonly path: string;
  /** Part of the name, whatever its case. */
  readonly name?: string;
  /** `application/pdf`, or a whole family: `image/*`. By the name's ending only. */
  readonly mediaType?: string;
  readonly modifiedAfter?: Date;
}

const MILLISECONDS = 1_000;

/**
 * The body of a SEARCH (RFC 5323 section 2.2). Nextcloud takes the scope literally, not percent-encoded; paging has a
 * namespace of its own.
 */
export function searchRequest(
  uid: string,
  query: FileQuery,
  { first, limit }: { readonly first: number; readonly limit: number },
): string {
  const scope = xmlText(`/files/${uid}${query.path === '/' ? '' : query.path}`);
  return `<?xml version="1.0" encoding="utf-8"?>
<d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns" xmlns:ns="https://github.com/icewind1991/SearchDAV/ns">
<d:basicsearch><d:select><d:prop><d:getetag/><d:getlastmodified/><d:getcontentlength/><d:getcontenttype/><d:resourcetype/>
<oc:fileid/><oc:size/><oc:permissions/><nc:mount-type/></d:prop></d:select>
<d:from><d:scope><d:href>${scope}</d:href><d:depth>infinity</d:depth></d:scope></d:from>
<d:where><d:and>${conditions(query).join('')}</d:and></d:where>
<d:orderby><d:order><d:prop><d:getlastmodified/></d:prop><d:descending/></d:order></d:orderby>
<d:limit><d:nresults>${String(limit)}</d:nresults><ns:firstresult>${String(first)}</ns:firstresult></d:limit>
</d:basicsearch></d:searchrequest>`;
}

function conditions({ name, mediaType, modifiedAfter }: FileQuery): string[] {
  const found: string[] = [];
  if (name !== undefined) found.push(condition('like', 'd:displayname', `%${name.replace(/[%_\\]/g, '\\$&')}%`));
  if (mediaType !== undefined) {
    const isFamily = mediaType.endsWith('/*');
    found.push(
      condition(isFamily ? 'like' : 'eq', 'd:getcontenttype', isFamily ? mediaType.replace(/\*$/, '%') : mediaType),
    );
  }
  if (modifiedAfter !== undefined) {
    found.push(condition('gt', 'd:getlastmodified', String(Math.floor(modifiedAfter.getTime() / MILLISECONDS))));
  }
  return found;
}

function condition(operator: string, property: string, literal: string): string {
  return `<d:${operator}><d:prop><${property}/></d:prop><d:literal>${xmlText(literal)}</d:literal></d:${operator}>`;
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
