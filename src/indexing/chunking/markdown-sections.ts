/** A stretch of a page that chunks must not cross. */
export interface Section {
  readonly start: number;
  readonly end: number;
}

/** Above this many headings a page must show real sections, else a file of headings would explode into tiny chunks. */
const MANY_HEADINGS = 2_000;
const MIN_AVERAGE_SECTION_CHARACTERS = 200;

/** ATX heading or code fence of CommonMark (sections 4.2 and 4.5): up to three spaces of indentation. */
const HEADING_OR_FENCE = /^ {0,3}(?:#{1,6}(?=[ \t\n]|$)|(`{3,}|~{3,}))/gm;

/** Cuts Markdown before its headings; a heading without text of its own stays with the section that follows it. */
export function markdownSections(text: string): Section[] {
  const starts = headingStarts(text);
  if (starts.length > MANY_HEADINGS && text.length < starts.length * MIN_AVERAGE_SECTION_CHARACTERS) {
    return [{ start: 0, end: text.length }];
  }
  const bounds = [0, ...starts.filter((start) => start > 0), text.length];
  return bounds.slice(0, -1).map((start, index) => ({ start, end: bounds[index + 1] ?? text.length }));
}

function headingStarts(text: string): number[] {
  const starts: number[] = [];
  let openFence: string | undefined;
  let lastHeadingEnd: number | undefined;
  for (const match of text.matchAll(HEADING_OR_FENCE)) {
    const fence = match[1];
    if (fence !== undefined) openFence = nextFence(openFence, fence);
    if (fence !== undefined || openFence !== undefined) continue;
    const hasTextBefore = lastHeadingEnd === undefined || text.slice(lastHeadingEnd, match.index).trim() !== '';
    if (hasTextBefore) starts.push(match.index);
    lastHeadingEnd = lineEnd(text, match.index);
  }
  return starts;
}

/** A fence closes with the same character, at least as often (CommonMark section 4.5). */
function nextFence(openFence: string | undefined, fence: string): string | undefined {
  if (openFence === undefined) return fence;
  return fence.charAt(0) === openFence.charAt(0) && fence.length >= openFence.length ? undefined : openFence;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
