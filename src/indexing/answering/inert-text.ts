/** Link and image of Markdown: kept is what a reader would see of it. */
const MARKDOWN_LINK = /!?\[([^[\]\n]{0,500})\]\([^()\s]{0,2000}(?:\s[^()\n]{0,500})?\)/g;
/** A URL with authority, in whatever scheme, or the `www.` and mail forms that renderers make clickable on their own. */
const URL_WITH_AUTHORITY = /[a-z][a-z0-9+.-]{0,30}:\/\/\S*/gi;
const BARE_LINK = /(?:www\.|mailto:|xmpp:|javascript:|data:[a-z]{1,20}\/)\S*/gi;
/** Zero-width and direction-changing characters: they hide text or tear a URL apart before it is recognised. */
const INVISIBLE = /\p{Cf}|\u034f|\u115f|\u1160|\u3164|[\ufe00-\ufe0f]/gu;
/** The start of an HTML or XML tag, comment or autolink (CommonMark sections 6.5 and 6.6); `<140` is none. */
const TAG_START = /<(?=[a-z/!?])/gi;
const CHARACTER_REFERENCE = /&(?=#[0-9x]|[a-z][a-z0-9]{1,31};)/gi;
const ESCAPE = /\\(?=[!-/:-@[-`{-~])/g;
const LINK_REMOVED = '(link removed)';

/**
 * A quote for display on one line in which nothing of a document can act: no Markdown link or image, no HTML, no URL, no
 * marker that looks like one of ours. Square brackets become round ones, because every Markdown link needs them.
 */
export function inertText(quote: string): string {
  return quote
    .replace(INVISIBLE, '')
    .replace(ESCAPE, '')
    .replace(MARKDOWN_LINK, '$1')
    .replace(URL_WITH_AUTHORITY, LINK_REMOVED)
    .replace(BARE_LINK, LINK_REMOVED)
    .replaceAll('://', ': //')
    .replace(TAG_START, '< ')
    .replace(CHARACTER_REFERENCE, '& ')
    .replaceAll('[', '(')
    .replaceAll(']', ')')
    .replace(/\s+/g, ' ')
    .trim();
}
