/** Longest entity tag kept, in characters. */
const MAX_ETAG_CHARS = 256;

/**
 * Brings an entity tag (RFC 9110 section 8.8.3) into the quoted form that If-Match needs. Some clients and servers leave
 * the quotes out; Apache adds `-gzip` inside them when it compresses.
 * @returns null when it is missing, too long or holds a character that no entity tag may hold
 */
export function findEtag(value: string | null | undefined): string | null {
  const match = /^\s*(W\/)?"?([\x21\x23-\x7e\u0080-\u00ff]*?)(?:-gzip)?"?\s*$/.exec(value ?? '');
  const opaque = match?.[2] ?? '';
  if (!match || opaque === '' || opaque.length > MAX_ETAG_CHARS) return null;
  return `${match[1] ?? ''}"${opaque}"`;
}
