// S53: what is sealed opens only in its own place, unchanged, with its own key.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { Sealer, UnsealError } from '../../../src/secrets/sealer.ts';

const OLD = `old:${randomBytes(32).toString('base64')}`;
const NEW = `new:${randomBytes(32).toString('base64')}`;
const CONTEXT = { ownerId: 'a', field: 'nextcloud_accounts.sealed_secret' };
const SECRET = 'marked-app-password-æ';

const sealer = new Sealer(new KeyRing(OLD));

describe('Sealer', () => {
  it('S53 opens what it sealed', () => {
    expect(sealer.unseal(sealer.seal(SECRET, CONTEXT), CONTEXT)).toBe(SECRET);
  });

  it('S53 seals the same secret differently each time and shows it in no spelling', () => {
    const [one, two] = [sealer.seal(SECRET, CONTEXT), sealer.seal(SECRET, CONTEXT)];
    expect(one).not.toBe(two);
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      expect(one).not.toContain(Buffer.from(SECRET).toString(encoding));
    }
  });

  it.each([
    ['another owner', { ...CONTEXT, ownerId: 'b' }],
    ['another field', { ...CONTEXT, field: 'mail_accounts.sealed_secret' }],
  ])('S53 does not open for %s', (_, context) => {
    expect(() => sealer.unseal(sealer.seal(SECRET, CONTEXT), context)).toThrow(UnsealError);
  });

  it('S53 does not open when any one bit is flipped', () => {
    const [version, keyId, body] = sealer.seal(SECRET, CONTEXT).split('.');
    const bytes = Buffer.from(body ?? '', 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => sealer.unseal(`${version}.${keyId}.${changed.toString('base64url')}`, CONTEXT)).toThrow(UnsealError);
    }
  });

  it('S53 opens under a rotated ring, and not once the old key is gone', () => {
    const sealed = sealer.seal(SECRET, CONTEXT);
    expect(new Sealer(new KeyRing(`${NEW},${OLD}`)).unseal(sealed, CONTEXT)).toBe(SECRET);
    expect(new Sealer(new KeyRing(`${NEW},${OLD}`)).seal(SECRET, CONTEXT)).toMatch(/^s1\.new\./);
    expect(() => new Sealer(new KeyRing(NEW)).unseal(sealed, CONTEXT)).toThrow(UnsealError);
  });

  it.each(['', 's1', 's1.old.', 's2.old.AAAA', 'plain text', `s1.old.${'A'.repeat(10)}`])('refuses %j', (text) => {
    expect(() => sealer.unseal(text, CONTEXT)).toThrow(UnsealError);
  });
});
