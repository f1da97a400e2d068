// S53: what is sealed opens only in its own place, unchanged, with its own key.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { UnsealError } from '../../../src/secrets/aes-gcm.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { Sealer, type SealContext } from '../../../src/secrets/sealer.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

const OLD = `old:${randomBytes(32).toString('base64')}`;
const NEW = `new:${randomBytes(32).toString('base64')}`;
const SECRET = 'marked-app-password-æ';

const sealer = new Sealer(new KeyRing(OLD));
let open: OpenDatabase;
let context: SealContext;
let stranger: string;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  await migrate(open);
  context = { ownerId: await user(), field: 'nextcloud_accounts.sealed_secret' };
  stranger = await user();
  await seal(SECRET, { ...context, ownerId: stranger });
});
afterAll(() => open.close());

async function user(): Promise<string> {
  const id = randomUUID();
  await open.database.read((em) =>
    em.execute('insert into users (id, email) values (?, ?)', [id, `${id}@clinic.example`]),
  );
  return id;
}

const seal = (text: string, place = context, by = sealer): Promise<string> =>
  open.database.transaction((em) => by.seal(em, text, place));
const unseal = (sealed: string, place = context, by = sealer): Promise<string> =>
  open.database.read((em) => by.unseal(em, sealed, place));

describe('Sealer', () => {
  it('S53 opens what it sealed', async () => {
    expect(await unseal(await seal(SECRET))).toBe(SECRET);
  });

  it('S53 seals the same secret differently each time and shows it in no spelling', async () => {
    const [one, two] = [await seal(SECRET), await seal(SECRET)];
    expect(one).not.toBe(two);
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      expect(one).not.toContain(Buffer.from(SECRET).toString(encoding));
    }
  });

  it('S53 does not open for another owner or another field', async () => {
    const sealed = await seal(SECRET);
    await expect(unseal(sealed, { ...context, ownerId: stranger })).rejects.toThrow(UnsealError);
    await expect(unseal(sealed, { ...context, field: 'mail_accounts.sealed_secret' })).rejects.toThrow(UnsealError);
  });

  it('S53 does not open under the wrapped key of another user put in the place of its own', async () => {
    const victim = { ...context, ownerId: await user() };
    const sealed = await seal(SECRET, victim);
    await open.database.read((em) =>
      em.execute(
        'update user_keys set wrapped_key = (select wrapped_key from user_keys where user_id = ?) where user_id = ?',
        [context.ownerId, victim.ownerId],
      ),
    );
    await expect(unseal(sealed, victim)).rejects.toThrow(UnsealError);
  });

  it('S53 does not open when any one bit is flipped', async () => {
    const [version, body] = (await seal(SECRET)).split('.');
    const bytes = Buffer.from(body ?? '', 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      await expect(unseal(`${version}.${changed.toString('base64url')}`)).rejects.toThrow(UnsealError);
    }
  });

  it('S53 opens under a rotated ring, and not once the old key is gone', async () => {
    const sealed = await seal(SECRET);
    expect(await unseal(sealed, context, new Sealer(new KeyRing(`${NEW},${OLD}`)))).toBe(SECRET);
    await expect(unseal(sealed, context, new Sealer(new KeyRing(NEW)))).rejects.toThrow(UnsealError);
  });

  it('opens nothing of a user any more once the key of the user is erased', async () => {
    const place = { ...context, ownerId: await user() };
    const sealed = await seal(SECRET, place);
    await open.database.transaction((em) => sealer.erase(em, place.ownerId));
    await expect(unseal(sealed, place)).rejects.toThrow(UnsealError);
    await seal(SECRET, place);
    await expect(unseal(sealed, place)).rejects.toThrow(UnsealError);
  });

  it.each(['', 'u1', 'u1.AAAA', 'u2.AAAA', 'plain text', `u1.${'A'.repeat(10)}`])('refuses %j', async (text) => {
    await expect(unseal(text)).rejects.toThrow(UnsealError);
  });
});
