// What bcrypt is given, and the work that every check of a password costs.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compare } from 'bcryptjs';
import { ComputePool } from '../../../src/compute/compute-pool.ts';
import { bcryptInput, PasswordHasher } from '../../../src/compute/password-hasher.ts';
import { AuthConfig } from '../../../src/config/auth.config.ts';
import { isDomainError } from '../../../src/problem/domain-error.ts';

const pool = new ComputePool();
const hasher = new PasswordHasher(pool, new AuthConfig());
const WORK = { input: 'x', rounds: 12 };
const password = 'p'.repeat(100);
let hashed: string;

beforeAll(async () => {
  hashed = await hasher.hash(password);
});
afterAll(() => pool.onModuleDestroy());

describe('PasswordHasher', () => {
  it('A3 hashes with 12 rounds of bcrypt unless told otherwise', () => {
    expect(hashed).toMatch(/^\$2b\$12\$/);
  });

  it('calls hashes of other rounds outdated', () => {
    expect(hasher.isOutdated(hashed)).toBe(false);
    expect(new PasswordHasher(pool, { bcryptRounds: 13 }).isOutdated(hashed)).toBe(true);
  });

  it('S2 counts every character beyond the 72 bytes that bcrypt reads', async () => {
    await expect(hasher.verify(password, hashed)).resolves.toBe(true);
    await expect(hasher.verify(`${'p'.repeat(99)}q`, hashed)).resolves.toBe(false);
  });

  it('S2 counts what follows a NUL character', () => {
    expect(bcryptInput('before\0after the zero')).not.toBe(bcryptInput('before\0other than zero'));
    expect(bcryptInput('before\0after')).not.toContain('\0');
  });

  it('gives bcrypt passwords of up to 72 bytes as they are, so that hashes of other bcrypt programs stay valid', async () => {
    const plain = 'é'.repeat(36);
    expect(bcryptInput(plain)).toBe(plain);
    expect(bcryptInput(`${plain}x`)).not.toBe(`${plain}x`);
    await expect(compare('x', '$2b$04$abcdefghijklmnopqrstuuCp2pTtGCbtpEAqCYYcmQaVGqXoqMHNO')).resolves.toBe(false);
  });

  it('S4 does one comparison where there is no account, as where there is one', async () => {
    const before = pool.completedTasks;
    const start = performance.now();
    await expect(hasher.verify('any', undefined)).resolves.toBe(false);
    const withoutAccountMs = performance.now() - start;
    expect(pool.completedTasks).toBe(before + 1);
    // One comparison at cost 12 takes some 200 ms and more on any machine of today; a shortcut takes microseconds.
    expect(withoutAccountMs).toBeGreaterThan(50);
  });
});

describe('ComputePool', () => {
  it('answers service-busy when more work waits than it will ever do in time', async () => {
    const settled = await Promise.allSettled(Array.from({ length: 80 }, () => pool.runTask('hashPassword', WORK, 400)));
    const refusals = settled.filter((each) => each.status === 'rejected').map((each) => each.reason as unknown);
    expect(refusals.length).toBeGreaterThanOrEqual(14);
    expect(refusals.every((reason) => isDomainError(reason, 'service-busy'))).toBe(true);
  });

  it('works again after tasks ran out of time', async () => {
    await expect(pool.runTask('hashPassword', WORK)).resolves.toMatch(/^\$2b\$12\$/);
  });
});
