// Places towards one upstream: bounded in all and for each caller, in turns (bar R27).
import { describe, expect, it } from '@jest/globals';
import { Bulkhead, type BulkheadCaller, type BulkheadOptions } from '../../../src/outbound/bulkhead.ts';

const { signal } = new AbortController();
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A gate and the order in which it lets through. */
function gateOf(options: Partial<BulkheadOptions> = {}) {
  const bulkhead = new Bulkhead({
    name: 'test',
    concurrency: 4,
    maxQueued: 100,
    callerConcurrency: 2,
    callerMaxQueued: 10,
    ...options,
  });
  const running: { name: string; leave: () => void }[] = [];
  const order: string[] = [];
  const refused: unknown[] = [];
  const enter = (name: string, caller: BulkheadCaller, by = signal): void => {
    bulkhead.enter(by, caller).then(
      (leave) => {
        order.push(name);
        running.push({ name, leave });
      },
      (error: unknown) => refused.push(error),
    );
  };
  const leaveFirst = async (): Promise<void> => {
    running.shift()?.leave();
    await settled();
  };
  return { enter, leaveFirst, running, order, refused };
}

const busy = (reason: string) =>
  expect.objectContaining({
    code: 'upstream-busy',
    options: { retryAfterSeconds: 1, logContext: { upstream: 'test', reason } },
  });

describe('R27: a gate', () => {
  it('lets one caller take no more than his share, while places are free, and others at once', async () => {
    const { enter, order, refused } = gateOf();
    for (let index = 0; index < 500; index += 1) enter('anna', { id: 'anna' });
    enter('berta', { id: 'berta' });
    await settled();
    expect(order).toEqual(['anna', 'anna', 'berta']);
    // 2 run, 10 wait, the rest is told at once to come back.
    expect(refused).toHaveLength(488);
    expect(refused[0]).toEqual(busy('caller-queue-full'));
  });

  it('lets no more than the whole through, in turns of the callers and not in the order of their numbers', async () => {
    const { enter, leaveFirst, order, running } = gateOf({ concurrency: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4']) enter(name, { id: 'anna' });
    for (const name of ['b1', 'b2']) enter(name, { id: 'berta' });
    enter('c1', { id: 'carla' });
    await settled();
    let most = running.length;
    while (running.length > 0) {
      await leaveFirst();
      most = Math.max(most, running.length);
    }
    expect(most).toBe(2);
    expect(order).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2']);
  });

  it('bounds who waits in all, whoever they are', async () => {
    const { enter, refused } = gateOf({ concurrency: 1, maxQueued: 3 });
    for (let index = 0; index < 10; index += 1) enter('x', { id: `caller ${index}` });
    await settled();
    expect(refused).toHaveLength(6);
    expect(refused[0]).toEqual(busy('queue-full'));
  });

  it('keeps a place of each caller for what he waits for, and lets it go before his background', async () => {
    const { enter, leaveFirst, order } = gateOf();
    for (const name of ['s1', 's2', 's3']) enter(name, { id: 'anna', isBackground: true });
    enter('click', { id: 'anna' });
    enter('click again', { id: 'anna' });
    await settled();
    expect(order).toEqual(['s1', 'click']);
    await leaveFirst();
    expect(order).toEqual(['s1', 'click', 'click again']);
  });

  it('keeps a quarter of all places free of background, of however many callers', async () => {
    const { enter, order } = gateOf();
    for (let index = 0; index < 6; index += 1) enter(`scan ${index}`, { id: `caller ${index}`, isBackground: true });
    enter('click', { id: 'somebody' });
    await settled();
    expect(order).toEqual(['scan 0', 'scan 1', 'scan 2', 'click']);
  });

  it('lets background run where there is one place only', async () => {
    const { enter, leaveFirst, order } = gateOf({ concurrency: 1, callerConcurrency: 1 });
    enter('scan 1', { id: 'anna', isBackground: true });
    enter('scan 2', { id: 'anna', isBackground: true });
    await settled();
    await leaveFirst();
    expect(order).toEqual(['scan 1', 'scan 2']);
  });

  it('forgets who gave up waiting, and gives the place to the next', async () => {
    const { enter, leaveFirst, order, refused } = gateOf({ concurrency: 1, callerConcurrency: 1 });
    const gone = new AbortController();
    enter('a1', { id: 'anna' });
    enter('b1', { id: 'berta' }, gone.signal);
    enter('c1', { id: 'carla' });
    await settled();
    gone.abort(new Error('gone'));
    await settled();
    await leaveFirst();
    expect(order).toEqual(['a1', 'c1']);
    expect(refused).toEqual([new Error('gone')]);
    await leaveFirst();
    enter('b2', { id: 'berta' });
    await settled();
    expect(order).toEqual(['a1', 'c1', 'b2']);
  });

  it('counts exactly after thousands of comings, goings and givings up', async () => {
    const { enter, leaveFirst, running, order, refused } = gateOf({ maxQueued: 1_000, callerMaxQueued: 1_000 });
    let seed = 7;
    const chance = (of: number): number => (seed = (seed * 48_271) % 2_147_483_647) % of;
    for (let step = 0; step < 3_000; step += 1) {
      const controller = new AbortController();
      enter('x', { id: `caller ${chance(5)}`, isBackground: chance(2) === 0 }, controller.signal);
      if (chance(4) === 0) controller.abort(new Error('gone'));
      if (chance(3) === 0) await leaveFirst();
      expect(running.length).toBeLessThanOrEqual(4);
    }
    await settled();
    while (running.length > 0) await leaveFirst();
    expect(order.length + refused.length).toBe(3_000);
  });
});
