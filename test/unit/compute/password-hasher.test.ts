// What bcrypt is given, and the work that every check of a password costs.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { hash } from 'bcryptjs';
import { ComputePool } from '../../../src/compute/compute-pool.ts';
import { passwordDigest, PasswordHasher, undigestedInput } from '../../../src/compute/password-hasher.ts';
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
    expect(hashed).toMatch(/^\$hmac-sha384\$2b\$12\$/);
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
    expect(passwordDigest('before\0after the zero')).not.toBe(passwordDigest('before\0other than zero'));
    expect(undigestedInput('before\0after the zero')).not.toBe(undigestedInput('before\0other than zero'));
    expect(undigestedInput('before\0after')).not.toContain('\0');
  });

  describe('a hash of an earlier version, or of another bcrypt program', () => {
    const plain = 'é'.repeat(36);
    const long = `${plain}x`;
    const digest = createHash('sha512').update(long).digest('base64');
    const stored = { plain: '', long: '' };

    beforeAll(async () => {
      stored.plain = await hash(plain, 4);
      stored.long = await hash(digest, 4);
    });

    it('stays valid, and is outdated', async () => {
      await expect(hasher.verify(plain, stored.plain)).resolves.toBe(true);
      await expect(hasher.verify(plain, stored.plain.replace('$2b$', '$2a$'))).resolves.toBe(true);
      await expect(hasher.verify(long, stored.long)).resolves.toBe(true);
      await expect(hasher.verify('x', stored.plain)).resolves.toBe(false);
      expect(hasher.isOutdated(stored.plain)).toBe(true);
    });

    it.each([72, 73, 86, 88])('F6 of a long password takes no %i characters of its digest', async (characters) => {
      await expect(hasher.verify(digest.slice(0, characters), stored.long)).resolves.toBe(false);
    });
  });

  it.each([48, 63, 64])('F6 takes %i characters of the digest of a password for no password', async (characters) => {
    await expect(hasher.verify(passwordDigest(password).slice(0, characters), hashed)).resolves.toBe(false);
    await expect(
      hasher.verify(createHash('sha512').update(password).digest('base64').slice(0, 72), hashed),
    ).resolves.toBe(false);
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
