// What rules keep out of the index, and when.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { StageHouse, type Stage } from '../../support/scan-stage.ts';

let house: StageHouse;
let stage: Stage;

beforeAll(async () => {
  house = await StageHouse.build();
});
afterAll(() => house.close());
beforeEach(async () => {
  stage = await house.stage();
  stage.source.put('/Documents/a.txt', 'alpha');
  stage.source.put('/Documents/sub/b.md', 'beta');
  stage.source.put('/Documents/sub/deeper/c.txt', 'gamma');
  stage.source.put('/Elsewhere/d.txt', 'delta');
});

const paths = async (): Promise<string[]> => Object.keys(await stage.documents());

async function scanned(): Promise<string[]> {
  stage.source.log.length = 0;
  await stage.scan();
  return stage.source.log;
}

async function chunkCount(): Promise<number> {
  const rows = await house.open.database.read((em) =>
    em.execute<unknown[]>('select 1 from chunks where user_id = ?', [stage.userId]),
  );
  return rows.length;
}

const forgetReconcile = (interval: string): Promise<unknown> =>
  house.open.database.read((em) =>
    em.execute(`update scan_states set reconciled_at = now() - ?::interval where user_id = ?`, [
      interval,
      stage.userId,
    ]),
  );

describe('rules', () => {
  it('F1: of the operator choose folders, includes and excludes; exclude beats include', async () => {
    const ruled = await house.stage({
      of: stage,
      watchDirectories: ['/Documents', '/Elsewhere'],
      indexing: { include: ['*.txt'], exclude: ['deeper/'] },
    });
    expect(await ruled.scan()).toMatchObject({ files_discovered: 2, files_indexed: 2 });
    expect(await paths()).toEqual(['/Documents/a.txt', '/Elsewhere/d.txt']);
  });

  it("of the user take the place of the operator's with the next scan, without a second download", async () => {
    await stage.scan();
    await stage.choose({ watchDirectories: ['/Documents', '/Elsewhere'], exclude: ['/Documents/a.txt'] });
    expect((await scanned()).filter((line) => line.startsWith('download'))).toEqual(['download /Elsewhere/d.txt']);
    expect(await paths()).toEqual(['/Documents/sub/b.md', '/Documents/sub/deeper/c.txt', '/Elsewhere/d.txt']);
    expect(await chunkCount()).toBe(3);
    await stage.choose({});
    expect((await scanned()).filter((line) => line.startsWith('download'))).toEqual(['download /Documents/a.txt']);
    expect(await paths()).toEqual(['/Documents/a.txt', '/Documents/sub/b.md', '/Documents/sub/deeper/c.txt']);
  });

  it('P9: that have not changed cost nothing', async () => {
    await stage.choose({ exclude: ['*.md'] });
    await stage.scan();
    expect(await scanned()).toEqual(['stat /Documents']);
  });

  it('of the user narrow the size, and never widen it', async () => {
    stage.source.put('/Documents/big.txt', 'word '.repeat(300_000));
    const small = await house.stage({ of: stage, indexing: { maxFileMb: 2 } });
    await small.scan();
    expect((await stage.documents())['/Documents/big.txt']).toMatchObject({ state: 'indexed' });
    await small.choose({ maxFileMb: 1 });
    await small.scan();
    expect((await stage.documents())['/Documents/big.txt']).toMatchObject({ state: 'too_large', text: null });
    stage.source.put('/Documents/huge.txt', 'word '.repeat(500_000));
    await small.choose({ maxFileMb: 100 });
    await small.scan();
    expect(await stage.documents()).toMatchObject({
      '/Documents/big.txt': { state: 'indexed' },
      '/Documents/huge.txt': { state: 'too_large' },
    });
  });

  it('that exclude a file end a request for it, and take out a file that was requested before', async () => {
    await stage.indexFile({ file_path: '/Elsewhere/d.txt' });
    await stage.choose({ exclude: ['d.txt'] });
    await stage.scan();
    expect(await paths()).not.toContain('/Elsewhere/d.txt');
    await expect(stage.indexFile({ file_path: '/Elsewhere/d.txt' })).rejects.toMatchObject({
      code: 'excluded-by-rule',
    });
  });

  it('that include nothing of a kind leave a requested file of that kind alone', async () => {
    await stage.indexFile({ file_path: '/Documents/sub/b.md' });
    await stage.choose({ include: ['*.txt'] });
    await stage.scan();
    expect(await paths()).toContain('/Documents/sub/b.md');
    stage.source.put('/Documents/sub/b.md', 'beta two');
    await stage.scan();
    expect((await stage.documents())['/Documents/sub/b.md']).toMatchObject({ text: 'beta two' });
  });

  it('replace one version only: another one is refused', async () => {
    await stage.choose({ include: ['*.txt'] });
    await stage.choose({ include: ['*.md'] });
    for (const version of [0, 1, 3]) {
      await expect(stage.choose({}, version)).rejects.toMatchObject({ code: 'etag-mismatch' });
    }
    await stage.choose({}, 2);
    await expect(stage.choose({}, 2)).rejects.toMatchObject({ code: 'etag-mismatch' });
  });
});

describe('a .noindex file', () => {
  it.each([false, true])('keeps its folder and all below out, named first or last (%s)', async (isBackwards) => {
    stage.source.isBackwards = isBackwards;
    stage.source.put('/Documents/sub/zzz/e.txt', 'epsilon');
    stage.source.put('/Documents/sub/.noindex', '');
    const log = await scanned();
    expect(log.filter((line) => line.startsWith('download'))).toEqual(['download /Documents/a.txt']);
    expect(await paths()).toEqual(['/Documents/a.txt']);
    const rows = await house.open.database.read((em) =>
      em.execute<unknown[]>('select 1 from documents where user_id = ?', [stage.userId]),
    );
    expect(rows).toHaveLength(1);
    expect(await scanned()).toEqual(['stat /Documents']);
    stage.source.remove('/Documents/sub/.noindex');
    await stage.scan();
    expect(await paths()).toHaveLength(4);
  });

  it('takes documents out in the scan that sees it, and brings them back when it goes, etags unchanged', async () => {
    stage.source.isBackwards = true;
    await stage.scan();
    const before = { ...(await stage.documents()) };
    stage.source.put('/Documents/sub/.noindex', '');
    await stage.scan();
    expect(await paths()).toEqual(['/Documents/a.txt']);
    expect(await chunkCount()).toBe(1);
    stage.source.remove('/Documents/sub/.noindex');
    await stage.scan();
    expect(await stage.documents()).toEqual(
      Object.fromEntries(Object.entries(before).map(([path, row]) => [path, { ...row, attempts: expect.any(Number) }])),
    );
  });

  it('of the watched folder itself keeps everything out', async () => {
    await stage.scan();
    stage.source.put('/Documents/.noindex', '');
    expect(await stage.scan()).toMatchObject({ files_removed: 3, files_discovered: 0 });
    expect(await scanned()).toEqual(['stat /Documents']);
    stage.source.remove('/Documents/.noindex');
    await stage.scan();
    expect(await paths()).toHaveLength(3);
  });

  it('beats a request for a file, before and after', async () => {
    await stage.indexFile({ file_path: '/Elsewhere/d.txt' });
    stage.source.put('/Elsewhere/.noindex', '');
    await stage.scan();
    expect(await paths()).not.toContain('/Elsewhere/d.txt');
    await expect(stage.indexFile({ file_path: '/Elsewhere/d.txt' })).rejects.toMatchObject({
      code: 'excluded-by-rule',
    });
    stage.source.put('/Documents/sub/.noindex', '');
    await expect(stage.indexFile({ file_path: '/Documents/sub/deeper/c.txt' })).rejects.toMatchObject({
      code: 'excluded-by-rule',
    });
  });

  it('that is a folder of that name means nothing', async () => {
    stage.source.put('/Documents/sub/.noindex/e.txt', 'epsilon');
    await stage.scan();
    expect(await paths()).toHaveLength(4);
  });
});

describe('a reconciling scan', () => {
  it('comes when it is due, trusts no etag, and finds what the etags hid', async () => {
    await stage.scan();
    // Gone and come without a trace in any etag.
    stage.source.nodes.delete('/Documents/sub/b.md');
    stage.source.nodes.set('/Documents/new.txt', {
      fileId: '9999',
      etag: '"hidden"',
      content: Buffer.from('hidden'),
      uploadTime: 1_700_000_000,
    });
    expect(await scanned()).toEqual(['stat /Documents']);
    await forgetReconcile('25 hours');
    expect(await scanned()).toEqual(['stat /Documents', 'walk /Documents', 'download /Documents/new.txt']);
    expect(await paths()).toEqual(['/Documents/a.txt', '/Documents/new.txt', '/Documents/sub/deeper/c.txt']);
    expect(await scanned()).toEqual(['stat /Documents']);
  });

  it('is not due again before its time, and never where it is switched off', async () => {
    await stage.scan();
    await forgetReconcile('23 hours');
    expect(await scanned()).toEqual(['stat /Documents']);
    await forgetReconcile('1000 hours');
    const off = await house.stage({ of: stage, indexing: { reconcileHours: 0 } });
    stage.source.log.length = 0;
    await off.scan();
    expect(stage.source.log).toEqual(['stat /Documents']);
  });

  it('that fails is made again by the next scan', async () => {
    await stage.scan();
    await forgetReconcile('25 hours');
    stage.source.onAsk = (question) => {
      if (question === 'entry /Documents/sub/b.md') throw new Error('broken off');
    };
    await expect(stage.scan()).rejects.toThrow('broken off');
    stage.source.onAsk = () => undefined;
    expect(await scanned()).toContain('walk /Documents');
  });
});
