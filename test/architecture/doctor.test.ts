// docs/nextcloud.md explains every check of the doctor, and names none that there is not (seed row N13).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ACCOUNT_CHECKS } from '../../src/nextcloud/doctor/checks/account.checks.ts';
import { RefusedPasswords } from '../../src/nextcloud/doctor/refused-passwords.ts';
import { serverChecks } from '../../src/nextcloud/doctor/server-checks.ts';

const IDS = [...serverChecks(new RefusedPasswords()), ...ACCOUNT_CHECKS].map(({ id }) => id);
const TEXT = readFileSync('docs/nextcloud.md', 'utf8');
const SYMPTOMS = TEXT.slice(TEXT.indexOf('### Troubleshooting'), TEXT.indexOf('Every check:'));
const TABLE = TEXT.slice(TEXT.indexOf('Every check:'));

/** The entries of the troubleshooting section that this server was made from. */
const KNOWN_PROBLEMS = [
  'Nextcloud cannot be reached',
  'no discovery document',
  'the OAuth client does not exist',
  '"Invalid redirect URI"',
  '"Client authentication failed"',
  '"Token validation failed"',
  '"Unauthorized" when files are read',
  '"Method not allowed"',
  '"Calendar not found"',
];

describe('docs/nextcloud.md', () => {
  it('N13 has one row for each check, in the order of the report', () => {
    expect([...TABLE.matchAll(/^\| `([a-z-]+)`/gm)].map((match) => match[1])).toEqual(IDS);
  });

  it('gives every check an id of its own', () => {
    expect(new Set(IDS).size).toBe(IDS.length);
  });

  it.each(KNOWN_PROBLEMS)('N13 leads from %s to checks that exist', (problem) => {
    const row = SYMPTOMS.split('\n').find((line) => line.includes(problem)) ?? '';
    const named = [...(row.split('|')[2] ?? '').matchAll(/`([a-z-]+)`/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((id) => !IDS.includes(id))).toEqual([]);
  });
});
