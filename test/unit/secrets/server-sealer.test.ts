// What outlives the key of a user is sealed under the ring, each value in its own place.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { UnsealError } from '../../../src/secrets/aes-gcm.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { ServerSealer } from '../../../src/secrets/server-sealer.ts';

const [OLD, NEW] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
const PLACE = { rowId: 'row-1', field: 'nextcloud_revocations.sealed_login' };
const sealer = (ring: string): ServerSealer => new ServerSealer(new KeyRing(ring));

describe('ServerSealer', () => {
  it('S53: opens what it has sealed, each time another text, and shows nothing of it', () => {
    const [first, second] = [sealer(`k1:${OLD}`).seal('secret', PLACE), sealer(`k1:${OLD}`).seal('secret', PLACE)];
    expect(first).not.toBe(second);
    expect(first).not.toContain(Buffer.from('secret').toString('base64url'));
    expect(sealer(`k1:${OLD}`).unseal(first, PLACE)).toBe('secret');
  });

  it('opens it after a new key has come to the front of the ring, and not after the old one has left', () => {
    const sealed = sealer(`k1:${OLD}`).seal('secret', PLACE);
    expect(sealer(`k2:${NEW},k1:${OLD}`).unseal(sealed, PLACE)).toBe('secret');
    expect(() => sealer(`k2:${NEW}`).unseal(sealed, PLACE)).toThrow(UnsealError);
  });

  it('S53: opens nothing in another row, in another field or after a change', () => {
    const sealed = sealer(`k1:${OLD}`).seal('secret', PLACE);
    expect(() => sealer(`k1:${OLD}`).unseal(sealed, { ...PLACE, rowId: 'row-2' })).toThrow(UnsealError);
    expect(() => sealer(`k1:${OLD}`).unseal(sealed, { ...PLACE, field: 'other' })).toThrow(UnsealError);
    expect(() => sealer(`k1:${OLD}`).unseal(`${sealed.slice(0, -2)}AA`, PLACE)).toThrow(UnsealError);
  });
});
