// What a scan makes of changes in an account, and what it asks to find out.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '../../../src/problem/domain-error.ts';
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

async function secondScan(change: () => void): Promise<string[]> {
  await stage.scan();
  change();
  stage.source.log.length = 0;
  await stage.scan();
  return stage.source.log;
}

async function texts(): Promise<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(await stage.documents()).map(([path, { text }]) => [path, text]));
}

describe('a scan', () => {
  it('P10: reads a new account with one walk per watched folder', async () => {
    const counters = await stage.scan();
    expect(stage.source.log.filter((line) => !line.startsWith('download'))).toEqual([
      'stat /Documents',
      'walk /Documents',
    ]);
    expect(counters).toMatchObject({ files_discovered: 3, files_indexed: 3, files_failed: 0, files_skipped: 0 });
  });

  it('P9: asks one question when nothing has changed', async () => {
    expect(await secondScan(() => undefined)).toEqual(['stat /Documents']);
  });

  it('P9: descends only where an etag differs', async () => {
    const log = await secondScan(() => stage.source.put('/Documents/sub/b.md', 'beta two'));
    expect(log).toEqual(['stat /Documents', 'list /Documents', 'list /Documents/sub', 'download /Documents/sub/b.md']);
    expect(await texts()).toMatchObject({ '/Documents/sub/b.md': 'beta two' });
  });

  it('X-idx4: replaces the text of a changed file and leaves no old chunk behind', async () => {
    await secondScan(() => stage.source.put('/Documents/a.txt', 'alpha two'));
    expect(await texts()).toEqual({
      '/Documents/a.txt': 'alpha two',
      '/Documents/sub/b.md': 'beta',
      '/Documents/sub/deeper/c.txt': 'gamma',
    });
  });

  it('keeps the text, and counts as skipped, when only the version is new', async () => {
    await stage.scan();
    stage.source.put('/Documents/a.txt', 'alpha');
    expect(await stage.scan()).toMatchObject({ files_indexed: 0, files_skipped: 3 });
    expect((await stage.documents())['/Documents/a.txt']).toMatchObject({ state: 'indexed', text: 'alpha' });
  });

  it.each([
    ['a file', '/Documents/a.txt', ['/Documents/sub/b.md', '/Documents/sub/deeper/c.txt']],
    ['a folder', '/Documents/sub', ['/Documents/a.txt']],
    ['a folder in a folder', '/Documents/sub/deeper', ['/Documents/a.txt', '/Documents/sub/b.md']],
    ['a watched folder', '/Documents', []],
  ])('X-idx4: forgets %s that is gone', async (_, path, left) => {
    await secondScan(() => stage.source.remove(path));
    expect(Object.keys(await stage.documents())).toEqual(left);
    const [row] = await house.open.database.read((em) =>
      em.execute<{ count: string }[]>('select count(*) from chunks where user_id = ?', [stage.userId]),
    );
    expect(Number(row?.count)).toBe(left.length);
  });

  it('takes up a removed file again when it comes back', async () => {
    await secondScan(() => stage.source.remove('/Documents/a.txt'));
    stage.source.put('/Documents/a.txt', 'alpha is back');
    await stage.scan();
    expect(await texts()).toMatchObject({ '/Documents/a.txt': 'alpha is back' });
  });

  it.each([
    ['a file', '/Documents/a.txt', '/Documents/sub/renamed.txt', '/Documents/sub/renamed.txt'],
    ['a folder', '/Documents/sub', '/Documents/other', '/Documents/other/deeper/c.txt'],
    ['a folder into a sibling', '/Documents/sub/deeper', '/Documents/deeper', '/Documents/deeper/c.txt'],
  ])('follows %s that is moved without a download', async (_, from, to, expected) => {
    const log = await secondScan(() => stage.source.move(from, to));
    expect(log.filter((line) => line.startsWith('download'))).toEqual([]);
    const documents = await stage.documents();
    expect(documents[expected]).toMatchObject({ state: 'indexed' });
    expect(Object.keys(documents)).toHaveLength(3);
  });

  it('reads a file again, as its new type, when it is renamed to one', async () => {
    stage.source.put('/Documents/head.txt', '# Heading\n\nbody');
    await secondScan(() => stage.source.move('/Documents/head.txt', '/Documents/head.md'));
    expect((await stage.documents())['/Documents/head.md']).toMatchObject({ state: 'indexed' });
  });

  it('keeps files that change places, and a new folder under an old name', async () => {
    await secondScan(() => {
      stage.source.move('/Documents/sub', '/Documents/old');
      stage.source.put('/Documents/sub/new.txt', 'epsilon');
      stage.source.move('/Documents/a.txt', '/Documents/sub/a.txt');
    });
    expect(await texts()).toEqual({
      '/Documents/old/b.md': 'beta',
      '/Documents/old/deeper/c.txt': 'gamma',
      '/Documents/sub/a.txt': 'alpha',
      '/Documents/sub/new.txt': 'epsilon',
    });
  });

  it('forgets a file that moves out of the watched folders, and one whose type is not indexed any more', async () => {
    await secondScan(() => {
      stage.source.move('/Documents/a.txt', '/Elsewhere/a.txt');
      stage.source.move('/Documents/sub/b.md', '/Documents/sub/b.docx');
    });
    expect(Object.keys(await stage.documents())).toEqual(['/Documents/sub/deeper/c.txt']);
  });

  it('forgets the documents of folders that are not watched any more', async () => {
    await stage.scan();
    const narrower = await house.stage({ of: stage, watchDirectories: ['/Documents/sub', '/Nowhere'] });
    expect(await narrower.scan()).toMatchObject({
      files_discovered: 2,
      files_removed: 1,
      watch_directories_missing: 1,
    });
    expect(Object.keys(await stage.documents())).toEqual(['/Documents/sub/b.md', '/Documents/sub/deeper/c.txt']);
  });

  it('watches the whole account as /', async () => {
    const whole = await house.stage({ of: stage, watchDirectories: ['/', '/Documents'] });
    expect(await whole.scan()).toMatchObject({ files_indexed: 4 });
    stage.source.log.length = 0;
    stage.source.remove('/Elsewhere');
    expect(await whole.scan()).toMatchObject({ files_removed: 1, files_discovered: 3 });
    expect(stage.source.log).toEqual(['stat /', 'list /']);
  });

  it('concludes nothing from a listing that breaks off, and catches up with the next one', async () => {
    await stage.scan();
    stage.source.remove('/Documents/a.txt');
    stage.source.put('/Documents/sub/b.md', 'beta two');
    stage.source.onAsk = (question) => {
      if (question === 'entry /Documents/sub/b.md') throw new DomainError('upstream-unavailable');
    };
    await expect(stage.scan()).rejects.toMatchObject({ code: 'upstream-unavailable' });
    expect(Object.keys(await stage.documents())).toContain('/Documents/a.txt');
    stage.source.onAsk = () => undefined;
    await stage.scan();
    expect(await texts()).toEqual({ '/Documents/sub/b.md': 'beta two', '/Documents/sub/deeper/c.txt': 'gamma' });
  });

  it('looks again at a file that was written a moment before, until it is settled', async () => {
    const now = (): number => Math.floor(Date.now() / 1000);
    stage.source.put('/Documents/sub/fresh.txt', 'one', now());
    await stage.scan();
    // The same second, the same size, the same etag: nothing in the listing tells.
    const node = stage.source.nodes.get('/Documents/sub/fresh.txt')!;
    node.content = Buffer.from('two');
    node.uploadTime = 1_700_000_000;
    stage.source.log.length = 0;
    await stage.scan();
    expect(stage.source.log).toContain('download /Documents/sub/fresh.txt');
    expect(await texts()).toMatchObject({ '/Documents/sub/fresh.txt': 'two' });
    stage.source.log.length = 0;
    await stage.scan();
    expect(stage.source.log).toEqual(['stat /Documents']);
  });

  it('R15: stores the text of one version when the file changes between listing and download', async () => {
    stage.source.onAsk = (question) => {
      if (question !== 'download /Documents/a.txt') return;
      stage.source.onAsk = () => undefined;
      stage.source.put('/Documents/a.txt', 'alpha as downloaded');
    };
    await stage.scan();
    expect(await texts()).toMatchObject({ '/Documents/a.txt': 'alpha as downloaded' });
    stage.source.put('/Documents/a.txt', 'alpha as it is now');
    await stage.scan();
    expect(await texts()).toMatchObject({ '/Documents/a.txt': 'alpha as it is now' });
  });
});

describe('a file asked for by its path', () => {
  it('F6: is indexed outside the watched folders, with title and label, and looked at by each scan', async () => {
    const counters = await stage.indexFile({ file_path: '/Elsewhere/d.txt', source_type: 'guideline', title: 'Delta' });
    expect(counters).toEqual({ files_indexed: 1, chunks_indexed: 1 });
    expect((await stage.documents())['/Elsewhere/d.txt']).toMatchObject({ title: 'Delta', sourceType: 'guideline' });
    const log = await secondScan(() => stage.source.put('/Elsewhere/d.txt', 'delta two'));
    expect(log).toEqual([
      'stat /Documents',
      'stat /Elsewhere/d.txt',
      'stat /.noindex',
      'stat /Elsewhere/.noindex',
      'download /Elsewhere/d.txt',
    ]);
    expect(await texts()).toMatchObject({ '/Elsewhere/d.txt': 'delta two' });
    expect((await stage.documents())['/Elsewhere/d.txt']).toMatchObject({ title: 'Delta', sourceType: 'guideline' });
  });

  it('stays the same document to the user when another file takes its place, and goes when the file goes', async () => {
    await stage.indexFile({ file_path: '/Elsewhere/d.txt', source_type: 'guideline', title: 'Delta' });
    stage.source.remove('/Elsewhere/d.txt');
    stage.source.put('/Elsewhere/d.txt', 'saved by an editor');
    await stage.scan();
    expect((await stage.documents())['/Elsewhere/d.txt']).toMatchObject({
      title: 'Delta',
      sourceType: 'guideline',
      text: 'saved by an editor',
    });
    stage.source.remove('/Elsewhere/d.txt');
    await stage.scan();
    expect(await stage.documents()).not.toHaveProperty(['/Elsewhere/d.txt']);
  });

  it.each([
    ['/Elsewhere', 'not-a-file'],
    ['/Elsewhere/none.txt', 'file-not-found'],
    ['/Elsewhere/sheet.xlsx', 'unsupported-document-type'],
    ['/Elsewhere/empty.txt', 'document-empty'],
    ['/Elsewhere/broken.pdf', 'document-unreadable'],
  ])('%s ends its job with %s', async (path, code) => {
    stage.source.put('/Elsewhere/sheet.xlsx', 'x');
    stage.source.put('/Elsewhere/empty.txt', '');
    stage.source.put('/Elsewhere/broken.pdf', 'no pdf at all');
    await expect(stage.indexFile({ file_path: path })).rejects.toMatchObject({ code });
  });
});
