// S14: where the next signing key comes from. In the data folder it is put in place; an operator's keys are never touched.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AccessKeys } from '../../../src/auth/sessions/access-keys.ts';
import { readEnvironment } from '../../../src/config/read-environment.ts';
import { rotateSigningKey } from '../../../src/config/signing-key-rotation.ts';

const FILE = 'development-secrets.json';

let DATA_DIR: string;

beforeEach(() => {
  DATA_DIR = mkdtempSync(join(tmpdir(), 'voiceassist-rotation-'));
});
afterEach(() => rmSync(DATA_DIR, { recursive: true, force: true }));

const accessKeys = (): AccessKeys => new AccessKeys(readEnvironment({ DATA_DIR }).auth);
const tokenOf = (kid: string): string => `${Buffer.from(JSON.stringify({ kid })).toString('base64url')}.e30.AAAA`;

describe('rotateSigningKey', () => {
  it('S14 replaces the keys of the data folder: the new one signs, the one before verifies, others stay as they are', () => {
    const before = accessKeys();
    const { SECRETS_KEYS } = JSON.parse(readFileSync(join(DATA_DIR, FILE), 'utf8')) as { SECRETS_KEYS: string };
    const rotation = rotateSigningKey({ DATA_DIR });
    expect(rotation).toEqual({ kind: 'stored', kid: expect.stringMatching(/^k\d{8}-[0-9a-f]{6}$/) });
    const after = accessKeys();
    expect(after.currentId).toBe(rotation.kid);
    expect(after.findFor(tokenOf(before.currentId))?.equals(before.current)).toBe(true);
    expect(JSON.parse(readFileSync(join(DATA_DIR, FILE), 'utf8'))).toMatchObject({ SECRETS_KEYS });
  });

  it('S14 keeps the file to its owner and leaves no draft behind', () => {
    accessKeys();
    rotateSigningKey({ DATA_DIR });
    expect(readdirSync(DATA_DIR)).toEqual([FILE]);
    expect(statSync(join(DATA_DIR, FILE)).mode & 0o777).toBe(0o600);
  });

  it('S14 forgets keys whose tokens have long expired: the list does not grow', () => {
    const kids = Array.from({ length: 4 }, () => rotateSigningKey({ DATA_DIR }).kid);
    const keys = accessKeys();
    expect(kids.map((kid) => keys.findFor(tokenOf(kid)) !== undefined)).toEqual([false, true, true, true]);
  });

  it.each([
    ['JWT_SECRET', { JWT_SECRET: 's'.repeat(64) }, true],
    ['JWT_KEYS', { JWT_KEYS: `k1:${'s'.repeat(64)}` }, false],
  ])('S14 only tells the new line where %s is the operator’s, and touches nothing', (_, env, keepsJwtSecret) => {
    const rotation = rotateSigningKey({ DATA_DIR, NODE_ENV: 'test', ...env });
    if (rotation.kind !== 'to-be-stored') throw new Error(rotation.kind);
    expect(readdirSync(DATA_DIR)).toEqual([]);
    expect(rotation.keepsJwtSecret).toBe(keepsJwtSecret);
    const before = new AccessKeys(readEnvironment({ DATA_DIR, ...env }).auth);
    const [name = '', value] = rotation.line.split(/=(.*)/s);
    const after = new AccessKeys(readEnvironment({ DATA_DIR, ...env, [name]: value }).auth);
    expect(after.currentId).toBe(rotation.kid);
    expect(after.findFor(tokenOf(before.currentId))?.equals(before.current)).toBe(true);
  });

  it('S13 is refused where the configuration is broken, without the value', () => {
    expect(() => rotateSigningKey({ DATA_DIR, JWT_KEYS: 'Zq9vTxR2' })).toThrow('JWT_KEYS must list');
    expect(() => rotateSigningKey({ DATA_DIR, JWT_KEYS: 'Zq9vTxR2' })).not.toThrow('Zq9vTxR2');
  });
});
