import { escapeXml } from './xml-text.ts';

/** A property's XML content; null answers it in the 404 block. */
export type PropertyValue = string | null;

/** One resource of a multi-status answer. */
export interface DavResponse {
  readonly href: string;
  /** `{namespace}local` to value, in the order asked for. */
  readonly properties: readonly (readonly [string, PropertyValue])[];
}

const PREFIXES: Readonly<Record<string, string>> = {
  'DAV:': 'd',
  'http://owncloud.org/ns': 'oc',
  'http://nextcloud.org/ns': 'nc',
  'http://sabredav.org/ns': 's',
};
const OPEN =
  '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" ' +
  'xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">';
const PIECE_CHARACTERS = 64 * 1024;

/** @returns the 207 body in pieces of about 64 KiB, so that large listings are never held as one string. */
export function* multistatusBody(responses: Iterable<DavResponse>): Iterable<string> {
  let piece = OPEN;
  for (const response of responses) {
    piece += responseXml(response);
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}</d:multistatus>\n`;
}

function responseXml(response: DavResponse): string {
  let found = '';
  let missing = '';
  for (const [name, value] of response.properties) {
    if (value === null) missing += elementXml(name, '');
    else found += elementXml(name, value);
  }
  const blocks =
    (found === '' && missing !== '' ? '' : propstatXml(found, '200 OK')) +
    (missing === '' ? '' : propstatXml(missing, '404 Not Found'));
  return `<d:response><d:href>${escapeXml(response.href)}</d:href>${blocks}</d:response>`;
}

function propstatXml(properties: string, status: string): string {
  return `<d:propstat><d:prop>${properties}</d:prop><d:status>HTTP/1.1 ${status}</d:status></d:propstat>`;
}

function elementXml(name: string, content: string): string {
  const brace = name.indexOf('}');
  const namespace = name.slice(1, brace);
  const local = name.slice(brace + 1);
  const prefix = PREFIXES[namespace];
  const tag = prefix === undefined ? `x1:${local}` : `${prefix}:${local}`;
  const open = prefix === undefined ? `${tag} xmlns:x1="${escapeXml(namespace)}"` : tag;
  return content === '' ? `<${open}/>` : `<${open}>${content}</${tag}>`;
}
