// How the doctor runs its checks, and how the command shows them.
import { describe, expect, it } from '@jest/globals';
import { runChecks } from '../../../src/nextcloud/doctor/check-runner.ts';
import { fault, ok, warning, type Check, type Finding } from '../../../src/nextcloud/doctor/check.types.ts';
import { doctorReportText } from '../../../src/nextcloud/doctor/terminal-report.ts';
import { SharedRuns } from '../../../src/nextcloud/doctor/shared-runs.ts';
import { DomainError } from '../../../src/problem/domain-error.ts';

const NOWHERE = {};

function check(id: string, run: () => Promise<Finding>, more: Partial<Check<object>> = {}): Check<object> {
  return { id, title: id.toUpperCase(), run, ...more };
}

const good = () => Promise.resolve(ok());
const bad = () => Promise.resolve(fault({ cause: 'broken', fix: 'mend it' }));
const statuses = async (...checks: Check<object>[]) =>
  (await runChecks(checks, NOWHERE)).map(({ id, status }) => `${id} ${status}`);

describe('running checks', () => {
  it('goes on after a fault, and skips only what needs the faulty one, also at second hand', async () => {
    expect(
      await statuses(
        check('a', bad),
        check('b', good),
        check('c', good, { needs: ['a'] }),
        check('d', good, { needs: ['c'] }),
        check('e', good, { needs: ['b'] }),
        check('f', good, { after: ['a'] }),
      ),
    ).toEqual(['a fault', 'b ok', 'c skipped', 'd skipped', 'e ok', 'f ok']);
  });

  it('says which check a skipped one needs', async () => {
    const [, skippedOne] = await runChecks([check('a', bad), check('b', good, { needs: ['a'] })], NOWHERE);
    expect(skippedOne?.cause).toBe('Not looked at: needs "A".');
  });

  it('goes on after a warning', async () => {
    const warned = () => Promise.resolve(warning({ cause: 'slow', fix: 'wait' }));
    expect(await statuses(check('a', warned), check('b', good, { needs: ['a'] }))).toEqual(['a warning', 'b ok']);
  });

  it('gives up a check that does not end, and skips what has not begun when no time is left', async () => {
    const never = () => new Promise<Finding>(() => undefined);
    const limits = { checkMs: 20, totalMs: 10 };
    const results = await runChecks([check('a', never), check('b', good, { after: ['a'] })], NOWHERE, { limits });
    expect(results.map(({ id, status }) => `${id} ${status}`)).toEqual(['a warning', 'b skipped']);
  });

  it('makes a fault of an answer that did not come, and throws what is a mistake of ours', async () => {
    const broken = new DomainError('upstream-timeout', { logContext: { reason: 'headers' } });
    const [result] = await runChecks([check('a', () => Promise.reject(broken))], NOWHERE);
    expect(result).toMatchObject({ status: 'fault', facts: { problem: 'upstream-timeout', reason: 'headers' } });
    await expect(runChecks([check('a', () => Promise.reject(new TypeError('ours')))], NOWHERE)).rejects.toThrow('ours');
  });

  it('bounds what another server puts into a finding', async () => {
    const long = 'x'.repeat(100_000);
    const run = () => Promise.resolve(fault({ cause: long, fix: long, facts: { named: long, count: 7 } }));
    const [result] = await runChecks([check('a', run)], NOWHERE);
    expect(JSON.stringify(result).length).toBeLessThan(5_000);
    expect(result?.facts['count']).toBe(7);
  });

  it('refuses a list in which a check needs a later one', async () => {
    await expect(statuses(check('a', good, { needs: ['b'] }), check('b', good))).rejects.toThrow('No check b');
  });

  it('knows the results of an earlier run', async () => {
    const known = await runChecks([check('server', bad)], NOWHERE);
    const results = await runChecks([check('own', good, { needs: ['server'] })], NOWHERE, { known });
    expect(results.map(({ id, status }) => `${id} ${status}`)).toEqual(['own skipped']);
  });
});

describe('shared runs', () => {
  it('give callers of one time the same run, and forget one that failed', async () => {
    const runs = new SharedRuns<number>(60_000);
    let count = 0;
    const work = () => Promise.resolve((count += 1));
    expect(await Promise.all([runs.get('a', work), runs.get('a', work), runs.get('b', work)])).toEqual([1, 1, 2]);
    expect(await runs.get('a', work)).toBe(1);
    await expect(runs.get('c', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await runs.get('c', work)).toBe(3);
  });

  it('run again when the result is too old', async () => {
    const runs = new SharedRuns<number>(-1);
    let count = 0;
    const work = () => Promise.resolve((count += 1));
    expect([await runs.get('a', work), await runs.get('a', work)]).toEqual([1, 2]);
  });
});

describe('the report in a terminal', () => {
  const report = {
    checks: [
      { id: 'dns', title: 'A name', status: 'ok' as const, cause: null, fix: null, facts: { host: 'cloud' } },
      {
        id: 'version',
        title: 'A version',
        status: 'warning' as const,
        cause: 'older',
        fix: 'update',
        facts: { version: '20\u001B[2J' },
      },
    ],
    summary: { ok: 1, warnings: 1, faults: 0, skipped: 0 },
    checked_at: '2026-11-22T10:00:00.000Z',
  };

  it('shows causes and fixes, and lets no foreign word steer the terminal', () => {
    expect(doctorReportText(report, { hasColours: false })).toBe(
      [
        'ok       A name (dns)',
        'WARNING  A version (version)',
        '         older',
        '         Fix: update',
        '         Seen: version=20?[2J',
        '',
        '1 ok, 1 warnings, 0 faults, 0 skipped',
        '',
      ].join('\n'),
    );
  });

  it('has colours only where they are wanted', () => {
    expect(doctorReportText(report, { hasColours: true })).toContain('\u001B[32mok     \u001B[0m');
  });
});
