// S54: the sealing key is changed while everything stays readable; also when the change is cut off in the middle.
import { randomBytes, randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../../src/persistence/database.ts';
import { migrate } from '../../../src/persistence/migrate.ts';
import type { OpenDatabase } from '../../../src/persistence/open-database.ts';
import { UnsealError } from '../../../src/secrets/aes-gcm.ts';
import { KeyRing } from '../../../src/secrets/key-ring.ts';
import { Sealer } from '../../../src/secrets/sealer.ts';
import { SealingRotation } from '../../../src/secrets/sealing-rotation.ts';
import { EMBEDDED_TEMPLATE } from '../../support/database-template.ts';
import { openTestDatabase } from '../../support/open-test-database.ts';

const OLD = `k1:${randomBytes(32).toString('base64')}`;
const NEW = `k2:${randomBytes(32).toString('base64')}`;
const FIELD = 'nextcloud_accounts.sealed_secret';
const USERS = 250;

/** Breaks before a transaction commits. */
class BreakingDatabase extends Database {
  transactionsLeft = Number.POSITIVE_INFINITY;

  override transaction<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    return super.transaction(async (em) => {
      const result = await work(em);
      this.transactionsLeft -= 1;
      if (this.transactionsLeft < 0) throw new Error('cut off');
      return result;
    });
  }
}

let open: OpenDatabase;
let database: BreakingDatabase;
let records: Map<string, string>;

beforeAll(async () => {
  open = await openTestDatabase({
    url: undefined,
    dataFolder: 'memory://',
    template: EMBEDDED_TEMPLATE,
    poolSize: 1,
    statementTimeoutMs: 5000,
  });
  await migrate(open);
});
afterAll(() => open.close());

beforeEach(async () => {
  database = new BreakingDatabase(open.orm);
  database.markReady();
  records = new Map();
  const sealer = new Sealer(new KeyRing(OLD));
  await open.database.transaction(async (em) => {
    await em.execute('delete from users');
    for (let index = 0; index < USERS; index += 1) {
      const ownerId = randomUUID();
      await em.execute('insert into users (id, email) values (?, ?)', [ownerId, `${ownerId}@clinic.example`]);
      records.set(ownerId, await sealer.seal(em, `secret of ${ownerId}`, { ownerId, field: FIELD }));
    }
  });
});

async function readable(ring: string): Promise<number> {
  const sealer = new Sealer(new KeyRing(ring));
  return open.database.transaction(async (em) => {
    let count = 0;
    for (const [ownerId, sealed] of records) {
      try {
        const text = await sealer.unseal(em, sealed, { ownerId, field: FIELD });
        if (text === `secret of ${ownerId}`) count += 1;
      } catch (error) {
        if (!(error instanceof UnsealError)) throw error;
      }
    }
    return count;
  });
}

describe('SealingRotation', () => {
  it('S54 leaves no key of a user on the old key, and every record readable without it', async () => {
    const rotation = new SealingRotation(database, new KeyRing(`${NEW},${OLD}`));
    const steps: number[] = [];
    await expect(rotation.rewrapAll(({ done, total }) => steps.push(done / total))).resolves.toBe(USERS);
    expect(steps.slice(0, 3)).toEqual([100 / USERS, 200 / USERS, 1]);
    expect(await rotation.uses()).toEqual([
      { keyId: 'k2', userKeys: USERS, hasSignedAudit: false },
      { keyId: 'k1', userKeys: 0, hasSignedAudit: false },
    ]);
    expect(await readable(NEW)).toBe(USERS);
    expect(await readable(OLD)).toBe(0);
    await expect(rotation.rewrapAll(() => undefined)).resolves.toBe(0);
  });

  it('S54 can be cut off before a commit: every record stays readable under both keys, and another run ends it', async () => {
    const rotation = new SealingRotation(database, new KeyRing(`${NEW},${OLD}`));
    database.transactionsLeft = 1;
    await expect(rotation.rewrapAll(() => undefined)).rejects.toThrow('cut off');
    expect(await readable(`${NEW},${OLD}`)).toBe(USERS);
    expect(await readable(NEW)).toBe(100);
    expect(await readable(OLD)).toBe(USERS - 100);
    database.transactionsLeft = Number.POSITIVE_INFINITY;
    await expect(rotation.rewrapAll(() => undefined)).resolves.toBe(USERS - 100);
    expect(await readable(NEW)).toBe(USERS);
  });

  it('S54 leaves what no key of the ring opens as it is, says so, and goes on with the others', async () => {
    const [lost = ''] = records.keys();
    const stranger = new KeyRing(`gone:${randomBytes(32).toString('base64')}`);
    const wrapped = await open.database.transaction(async (em) => {
      await new Sealer(stranger).erase(em, lost);
      await new Sealer(stranger).seal(em, 'x', { ownerId: lost, field: FIELD });
      return em.execute<{ wrapped_key: string }[]>('select wrapped_key from user_keys where user_id = ?', [lost]);
    });
    const rotation = new SealingRotation(database, new KeyRing(`${NEW},${OLD}`));
    await expect(rotation.rewrapAll(() => undefined)).resolves.toBe(USERS - 1);
    expect(await rotation.uses()).toContainEqual({ keyId: 'gone', userKeys: 1, hasSignedAudit: false });
    const after = await open.database.read((em) =>
      em.execute('select wrapped_key from user_keys where user_id = ?', [lost]),
    );
    expect(after).toEqual(wrapped);
  });

  it('S54 does not take the underscore of a key id for any character', async () => {
    const alike = `k_:${randomBytes(32).toString('base64')}`;
    const rotation = new SealingRotation(database, new KeyRing(`${alike},${OLD}`));
    await expect(rotation.rewrapAll(() => undefined)).resolves.toBe(USERS);
    expect(await readable(alike)).toBe(USERS);
  });
});

describe('KeyRing', () => {
  const RAW = randomBytes(32);

  it.each([
    ['31 bytes', RAW.subarray(0, 31)],
    ['33 bytes', Buffer.concat([RAW, RAW.subarray(0, 1)])],
    ['no byte', Buffer.alloc(0)],
  ])('X-auth13 takes keys of 32 bytes: one of %s is refused, never padded or cut, and not printed', (_, key) => {
    const text = key.toString('base64');
    const attempt = (): KeyRing => new KeyRing(`k1:${text}`);
    expect(attempt).toThrow('32 bytes');
    if (text !== '') expect(attempt).not.toThrow(text);
  });

  it('X-auth13 derives a key of its own for each purpose, none of them the master key', () => {
    const ring = new KeyRing(`k1:${RAW.toString('base64')}`);
    const purposes = ['seal', 'audit', 'audit-anchor', 'refresh-successor', 'recovery-code'] as const;
    const keys = purposes.map((purpose) => ring.current(purpose).toString('hex'));
    expect(new Set([...keys, RAW.toString('hex')]).size).toBe(purposes.length + 1);
  });
});

describe('a key that only verifies', () => {
  it('opens nothing that was sealed, seals nothing, and still proves the audit trail and recovery codes', async () => {
    const ring = new KeyRing(`${NEW},${OLD}:verify`);
    expect(await readable(`${NEW},${OLD}:verify`)).toBe(0);
    expect(ring.findKey('k1', 'seal')).toBeUndefined();
    expect(ring.findKey('k1', 'refresh-successor')).toBeUndefined();
    expect(ring.all('refresh-successor')).toHaveLength(1);
    const whole = new KeyRing(OLD);
    expect(ring.findKey('k1', 'audit')).toEqual(whole.findKey('k1', 'audit'));
    expect(ring.findKey('k1', 'recovery-code')).toEqual(whole.findKey('k1', 'recovery-code'));
  });

  it('cannot be the first', () => {
    expect(() => new KeyRing(`${OLD}:verify,${NEW}`)).toThrow('first key');
    expect(() => new KeyRing(`${OLD}:other`)).toThrow('id:key pairs');
  });
});
