// Export of the trail as CSV: RFC 4180, and nothing that a spreadsheet runs.
import { describe, expect, it } from '@jest/globals';
import { AUDIT_CSV_HEADER, auditCsvLine } from '../../../src/audit/audit-export.ts';

const EVENT = {
  sequence: 7,
  occurred_at: '2026-11-22T10:00:00.000Z',
  actor_id: null,
  action: 'session.login',
  outcome: 'failure',
  target_type: 'user',
  target_id: 'x',
  address: '2001:db8::1',
  request_id: 'r',
  details: {},
};

describe('auditCsvLine', () => {
  it('has one field per column of the header and ends in CRLF; what is null is empty', () => {
    const line = auditCsvLine(EVENT);
    expect(line).toBe('7,2026-11-22T10:00:00.000Z,,session.login,failure,user,x,2001:db8::1,r,{}\r\n');
    expect(line.split(',')).toHaveLength(AUDIT_CSV_HEADER.split(',').length);
  });

  it('quotes fields with commas, quotes and line ends', () => {
    const line = auditCsvLine({ ...EVENT, target_id: 'a,"b"\n', details: { reason: 'x', count: 1 } });
    expect(line).toContain(',"a,""b""\n",');
    expect(line).toContain('"{""reason"":""x"",""count"":1}"\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('puts an apostrophe before %j', (value) => {
    expect(auditCsvLine({ ...EVENT, request_id: value })).toContain(`'${value}`);
  });
});
