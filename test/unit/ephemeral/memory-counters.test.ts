// Counters that forget, in the memory of one process.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryCounters } from '../../../src/ephemeral/memory-counters.ts';

const HIT = { windowMs: 1000, by: 1 } as const;
const TAKE_BACK = { windowMs: 1000, by: -1 } as const;
let now: number;
let counters: MemoryCounters;

beforeEach(() => {
  now = 0;
  counters = new MemoryCounters(() => now);
});

describe('MemoryCounters', () => {
  it('counts within a window and tells when it ends', async () => {
    await counters.add('a', HIT);
    now = 400;
    await expect(counters.add('a', HIT)).resolves.toEqual({ count: 2, remainingMs: 600 });
  });

  it('starts again when the window has ended, whatever happened in it', async () => {
    for (let hits = 0; hits < 50; hits += 1) await counters.add('a', HIT);
    now = 1000;
    await expect(counters.add('a', HIT)).resolves.toEqual({ count: 1, remainingMs: 1000 });
  });

  it('can be looked at without being changed, and without opening a window', async () => {
    const look = { windowMs: 1, by: 0 } as const;
    expect(await counters.add('a', look)).toMatchObject({ count: 0 });
    await counters.add('a', HIT);
    now = 400;
    expect(await counters.add('a', look)).toEqual({ count: 1, remainingMs: 600 });
    now = 1000;
    expect(await counters.add('a', look)).toMatchObject({ count: 0 });
    expect(await counters.add('a', HIT)).toEqual({ count: 1, remainingMs: 1000 });
  });

  it('keeps keys apart', async () => {
    await counters.add('a', HIT);
    await expect(counters.add('b', HIT)).resolves.toMatchObject({ count: 1 });
  });

  it('takes back a hit, never below zero, and opens no window by it', async () => {
    await counters.add('a', HIT);
    await counters.add('a', TAKE_BACK);
    await expect(counters.add('a', TAKE_BACK)).resolves.toMatchObject({ count: 0 });
    await expect(counters.add('b', TAKE_BACK)).resolves.toMatchObject({ count: 0 });
    await expect(counters.add('b', HIT)).resolves.toMatchObject({ count: 1, remainingMs: 1000 });
  });

  it('keeps counting a known key when it makes room for 200,000 others', async () => {
    for (let index = 0; index < 100_000; index += 1) await counters.add(`old-${index}`, HIT);
    now = 900;
    await counters.add('mine', { windowMs: 10_000, by: 1 });
    now = 1100;
    for (let index = 0; index < 89_000; index += 1) await counters.add(`new-${index}`, HIT);
    await expect(counters.add('mine', HIT)).resolves.toMatchObject({ count: 2 });
  });
});
