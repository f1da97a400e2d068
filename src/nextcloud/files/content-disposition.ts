/**
 * Content-Disposition that makes a browser save the file under its name (RFC 6266). `filename*` (RFC 8187) carries the
 * name itself; `filename`, for clients that know nothing else, what ASCII leaves of it. No character of the name can end
 * the parameter or the field.
 */
export function attachment(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '_')
    .replace(/["\\%;]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded(name)}`;
}

/** Percent-encodes all but attr-char (RFC 8187 section 3.2.1). */
function encoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
