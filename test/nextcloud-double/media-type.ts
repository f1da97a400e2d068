const BY_EXTENSION: Readonly<Record<string, string>> = {
  bin: 'application/x-bin',
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown',
  odt: 'application/vnd.oasis.opendocument.text',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  xml: 'application/xml',
  zip: 'application/zip',
};

/** @returns the media type a Nextcloud reports: it looks at the name's extension and never at the content. */
export function mediaTypeOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
  return BY_EXTENSION[extension] ?? 'application/octet-stream';
}

const SERVED_AS_TEXT = new Set(['text/html', 'application/xml', 'application/json', 'image/svg+xml']);

/** @returns the type a download is served with: what a browser could execute becomes plain text. */
export function downloadTypeOf(name: string): string {
  const mediaType = mediaTypeOf(name);
  const safe = SERVED_AS_TEXT.has(mediaType) ? 'text/plain' : mediaType;
  return safe.startsWith('text/') ? `${safe};charset=UTF-8` : safe;
}
