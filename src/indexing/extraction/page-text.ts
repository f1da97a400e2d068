const LINE_ENDS = /\r\n?|[\f\v\u0085\u2028\u2029]/g;
// eslint-disable-next-line no-control-regex -- control characters are exactly what has to go
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufeff\ufffe\uffff]/g;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const TRAILING_BLANKS = /[ \t\u00a0]+$/gm;

/**
 * The stored form of a page, computed once: NFC, line feeds, no NUL (PostgreSQL refuses it), no lone surrogates (UTF-8
 * cannot carry them). Applying it twice changes nothing.
 */
export function normalisePageText(raw: string): string {
  return raw
    .replace(LINE_ENDS, '\n')
    .replace(CONTROL_CHARACTERS, '')
    .replace(LONE_SURROGATES, '\ufffd')
    .normalize('NFC')
    .replace(TRAILING_BLANKS, '');
}
