import type { CheckResponse, DoctorResponse } from './doctor.dto.ts';

const MARKS = { ok: 'ok     ', warning: 'WARNING', fault: 'FAULT  ', skipped: 'skipped' } as const;
/** Select Graphic Rendition of ECMA-48: green, yellow, red, grey. */
const COLOURS = { ok: 32, warning: 33, fault: 31, skipped: 90 } as const;
const INDENT = ' '.repeat(9);

/** The report for a terminal: one line for a check, and below it what is wrong and what to do. */
export function doctorReportText(
  { checks, summary }: DoctorResponse,
  { hasColours }: { readonly hasColours: boolean },
): string {
  const lines = checks.flatMap((check) => linesOf(check, hasColours));
  const { ok, warnings, faults, skipped } = summary;
  return `${[...lines, '', `${ok} ok, ${warnings} warnings, ${faults} faults, ${skipped} skipped`].join('\n')}\n`;
}

function linesOf({ id, title, status, cause, fix, facts = {} }: CheckResponse, hasColours: boolean): string[] {
  const mark = hasColours ? `\u001B[${COLOURS[status]}m${MARKS[status]}\u001B[0m` : MARKS[status];
  const isTrouble = status === 'warning' || status === 'fault';
  const seen = Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`);
  return [
    `${mark}  ${title} (${id})`,
    ...(cause === null ? [] : [INDENT + printable(cause)]),
    ...(fix === null ? [] : [`${INDENT}Fix: ${printable(fix)}`]),
    ...(isTrouble && seen.length > 0 ? [`${INDENT}Seen: ${printable(seen.join(', '))}`] : []),
  ];
}

/** Facts hold words of the other server, which must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
