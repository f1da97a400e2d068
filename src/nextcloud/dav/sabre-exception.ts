import { SaxesParser } from 'saxes';

const SABRE = 'http://sabredav.org/ns';
const MAX_CHARS = 64 * 1_024;

/** What a DAV server says about a failure; for decisions, never for clients or the log. */
export interface SabreException {
  /** PHP class, for example `OCA\DAV\Connector\Sabre\Exception\FileLocked`. */
  readonly exception: string;
  readonly message: string;
}

/** Finds the exception in an error body of at most 64 KiB; null when it is not such a body. */
export function findSabreException(bodyText: string): SabreException | null {
  const found = { exception: '', message: '' };
  let field: 'exception' | 'message' | null = null;
  const xml = new SaxesParser({ xmlns: true, position: false });
  xml.on('doctype', () => {
    throw new Error('doctype');
  });
  xml.on('opentag', (tag) => {
    const isField = tag.uri === SABRE && (tag.local === 'exception' || tag.local === 'message');
    field = isField ? (tag.local as 'exception' | 'message') : null;
  });
  xml.on('text', (text) => {
    if (field) found[field] += text;
  });
  xml.on('closetag', () => (field = null));
  try {
    xml.write(bodyText.slice(0, MAX_CHARS)).close();
  } catch {
    // Cut off or not XML: what was read before that point is all there is.
  }
  return found.exception === '' ? null : found;
}
