import type { AuditEvent } from './audit-event.entity.ts';
import { auditEventResponse, type AuditEventResponse, type AuditFormat } from './audit.dto.ts';

const COLUMNS = [
  'sequence',
  'occurred_at',
  'actor_id',
  'action',
  'outcome',
  'target_type',
  'target_id',
  'address',
  'request_id',
  'details',
] as const satisfies readonly (keyof AuditEventResponse)[];

/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** The header line (RFC 4180 section 2). */
export const AUDIT_CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

/** One event as a line of comma-separated values (RFC 4180 section 2) that no spreadsheet runs as a formula. */
export function auditCsvLine(event: AuditEventResponse): string {
  const fields = COLUMNS.map((column) => {
    const value = event[column];
    return field(typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));
  });
  return `${fields.join(',')}\r\n`;
}

/** Events as the text of an export, piece by piece. */
export async function* auditExportText(
  pieces: AsyncIterable<readonly AuditEvent[]>,
  format: AuditFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield AUDIT_CSV_HEADER;
  for await (const piece of pieces) {
    const documents = piece.map(auditEventResponse);
    const lines = documents.map((each) => (format === 'csv' ? auditCsvLine(each) : `${JSON.stringify(each)}\n`));
    yield lines.join('');
  }
}

function field(text: string): string {
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
