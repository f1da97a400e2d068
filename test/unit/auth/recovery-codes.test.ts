// Recovery codes under keys in change, and the relying party of passkeys (defect X-auth12; bar A15).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RecoveryCodes } from '../../../src/auth/mfa/recovery-codes.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { createUser } from '../../support/api.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

const key = (): string => randomBytes(32).toString('base64');
const [oldKey, newKey] = [`old:${key()}`, `new:${key()}`];

let app: TestApp;

beforeAll(async () => {
  app = await sharedTestApp();
});
afterAll(() => app.close());

const under = (ring: string): RecoveryCodes => new RecoveryCodes(new KeyRing(ring));

describe('recovery codes', () => {
  it('X-auth12: are stored as keyed hashes that another key cannot check, and survive a new current key', async () => {
    const { id } = await createUser(app);
    const [first = '', second = ''] = await app.database.transaction((em) => under(oldKey).renew(em, id));
    const use = (ring: string, code: string): Promise<boolean> =>
      app.database.transaction((em) => under(ring).use(em, id, code));
    expect(await use(newKey, first)).toBe(false);
    expect(await use(`${newKey},${oldKey}`, first)).toBe(true);
    expect(await use(`${newKey},${oldKey}`, first)).toBe(false);
    expect(await use(oldKey, second)).toBe(true);
    expect(await app.database.read((em) => under(oldKey).count(em, id))).toBe(8);
  });

  it.each(['', '7K2M-9QXR', '7K2M-9QXR-4TB!', 'U'.repeat(24), "' or true --"])('are none of %j', async (text) => {
    const { id } = await createUser(app);
    await app.database.transaction((em) => under(oldKey).renew(em, id));
    expect(await app.database.transaction((em) => under(oldKey).use(em, id, text))).toBe(false);
  });
});
