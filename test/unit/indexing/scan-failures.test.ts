// Bars R11-R13, R15 and S48: what fails, what goes on, and that nothing is lost, doubled or left behind.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../../src/persistence/database.ts';
import { DomainError } from '../../../src/problem/domain-error.ts';
import { chunkSet, insertUser } from '../../support/indexing-parts.ts';
import { bombPdf, encryptedPdf, imageOnlyPdf, textPdf } from '../../support/pdf.ts';
import { StageHouse, type Stage } from '../../support/scan-stage.ts';

let house: StageHouse;
let stage: Stage;

beforeAll(async () => {
  house = await StageHouse.build();
});
afterAll(() => house.close());
beforeEach(async () => {
  stage = await house.stage();
});

function failOn(question: string, error: unknown, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  stage.source.onAsk = (asked) => {
    if (asked !== question || left === 0) return;
    left -= 1;
    throw error;
  };
}

describe('a document that cannot be read', () => {
  it('S48: fails with its reason while all other files of the scan are indexed', async () => {
    stage.source.put('/Documents/encrypted.pdf', encryptedPdf());
    stage.source.put('/Documents/mislabelled.pdf', randomBytes(2000));
    stage.source.put('/Documents/empty.txt', '');
    stage.source.put('/Documents/blank.md', ' \n\n ');
    stage.source.put('/Documents/scanned.pdf', imageOnlyPdf());
    stage.source.put('/Documents/good.txt', 'Good text.');
    stage.source.put('/Documents/good.pdf', textPdf([['Good page.']]));
    expect(await stage.scan()).toMatchObject({
      files_discovered: 7,
      files_indexed: 2,
      files_failed: 4,
      files_skipped: 1,
      files_without_text: 1,
    });
    const documents = await stage.documents();
    expect(documents).toMatchObject({
      '/Documents/encrypted.pdf': { state: 'failed', reason: 'encrypted', attempts: 1, text: null },
      '/Documents/mislabelled.pdf': { state: 'failed', reason: 'unreadable' },
      '/Documents/empty.txt': { state: 'failed', reason: 'empty' },
      '/Documents/blank.md': { state: 'failed', reason: 'empty' },
      '/Documents/scanned.pdf': { state: 'no_text_layer', reason: 'no-text-layer' },
      '/Documents/good.pdf': { state: 'indexed', text: 'Good page.' },
    });
    expect(house.downloads()).toEqual([]);
  });

  it('R13: is set aside after three tries that cost their process; the others go on, the next scan leaves it alone', async () => {
    stage.source.put('/Documents/bomb.pdf', await bombPdf(600 * 1024 * 1024));
    stage.source.put('/Documents/good.txt', 'Good text.');
    expect(await stage.scan()).toMatchObject({ files_indexed: 1, files_failed: 1 });
    const { '/Documents/bomb.pdf': bomb } = await stage.documents();
    expect(bomb).toMatchObject({ state: 'failed', reason: 'memory', attempts: 3 });
    stage.source.log.length = 0;
    await stage.scan();
    expect(stage.source.log).toEqual(['stat /Documents']);
  });

  it('X-idx9: is not even downloaded when it is larger than allowed', async () => {
    stage = await house.stage({ indexing: { maxFileMb: 1 } });
    stage.source.put('/Documents/large.txt', 'x'.repeat(1024 * 1024 + 1));
    expect(await stage.scan()).toMatchObject({ files_failed: 1 });
    expect(stage.source.log).not.toContain('download /Documents/large.txt');
    expect((await stage.documents())['/Documents/large.txt']).toMatchObject({
      state: 'too_large',
      reason: 'too-large',
    });
  });

  it('loses the text of its last version when the new one cannot be read', async () => {
    stage.source.put('/Documents/a.pdf', textPdf([['Old words.']]));
    await stage.scan();
    stage.source.put('/Documents/a.pdf', encryptedPdf());
    await stage.scan();
    expect((await stage.documents())['/Documents/a.pdf']).toMatchObject({ state: 'failed', text: null });
  });

  it('is tried again on request', async () => {
    stage.source.put('/Documents/a.txt', '');
    await stage.scan();
    await expect(stage.indexFile({ file_path: '/Documents/a.txt' })).rejects.toMatchObject({ code: 'document-empty' });
    expect(stage.source.log.filter((line) => line === 'download /Documents/a.txt')).toHaveLength(2);
  });
});

describe('a source that fails', () => {
  beforeEach(() => {
    stage.source.put('/Documents/a.txt', 'alpha');
    stage.source.put('/Documents/b.txt', 'beta');
  });

  it('for one file only does not hold up the others, and sets it aside after three tries', async () => {
    failOn('download /Documents/a.txt', new DomainError('upstream-unavailable'));
    expect(await stage.scan()).toMatchObject({ files_indexed: 1, files_failed: 1 });
    expect((await stage.documents())['/Documents/a.txt']).toMatchObject({
      state: 'failed',
      reason: 'upstream-unavailable',
      attempts: 3,
    });
  });

  it('as a whole ends the scan with its code; nothing is lost and no try is counted', async () => {
    stage.source.onAsk = (question) => {
      if (question.startsWith('download') || question === 'stat /') throw new DomainError('upstream-timeout');
    };
    await expect(stage.scan()).rejects.toMatchObject({ code: 'upstream-timeout' });
    expect(await stage.documents()).toMatchObject({
      '/Documents/a.txt': { state: 'pending', attempts: 0 },
      '/Documents/b.txt': { state: 'pending', attempts: 0 },
    });
    stage.source.onAsk = () => undefined;
    expect(await stage.scan()).toMatchObject({ files_discovered: 2, files_indexed: 2 });
  });

  it.each(['account-suspended', 'account-link-invalid'] as const)('with %s ends the scan at once', async (code) => {
    stage.source.onAsk = (question) => {
      if (question.startsWith('download')) throw new DomainError(code);
    };
    await expect(stage.scan()).rejects.toMatchObject({ code });
    expect(stage.source.log.filter((line) => line.startsWith('download')).length).toBeLessThanOrEqual(2);
    stage.source.openFailure = new DomainError(code);
    stage.source.log.length = 0;
    await expect(stage.scan()).rejects.toMatchObject({ code });
    expect(stage.source.log).toEqual([]);
  });

  it('with a locked file leaves that one pending without counting the try', async () => {
    failOn('download /Documents/a.txt', new DomainError('resource-locked'));
    expect(await stage.scan()).toMatchObject({ files_indexed: 1, files_failed: 1 });
    expect((await stage.documents())['/Documents/a.txt']).toMatchObject({
      state: 'pending',
      reason: 'resource-locked',
      attempts: 0,
    });
    await expect(stage.indexFile({ file_path: '/Documents/a.txt' })).rejects.toMatchObject({ code: 'resource-locked' });
  });

  it('because the file is gone since it was listed forgets the file', async () => {
    failOn('download /Documents/a.txt', new DomainError('file-not-found'));
    await stage.scan();
    expect(Object.keys(await stage.documents())).toEqual(['/Documents/b.txt']);
  });

  it('again and again for a file asked for by its path ends that job with document-set-aside', async () => {
    failOn('download /Documents/a.txt', new DomainError('upstream-unavailable'));
    const asked = stage.indexFile({ file_path: '/Documents/a.txt' });
    await expect(asked).rejects.toMatchObject({ code: 'document-set-aside' });
    expect(stage.source.log.filter((line) => line.startsWith('download'))).toHaveLength(3);
  });

  it('R25: with an error nobody foresaw sets the file aside and indexes the others', async () => {
    failOn('download /Documents/a.txt', new TypeError('from inside a library'));
    expect(await stage.scan()).toMatchObject({ files_indexed: 1, files_failed: 1 });
    expect((await stage.documents())['/Documents/a.txt']).toMatchObject({ state: 'failed', reason: 'internal-error' });
  });
});

describe('a stop', () => {
  it('R13: takes its tries back, and leaves no file behind', async () => {
    stage.source.put('/Documents/a.txt', 'alpha');
    stage.source.put('/Documents/b.txt', 'beta');
    const stop = new AbortController();
    stage.source.onAsk = (question) => {
      if (question.startsWith('downloaded')) stop.abort();
    };
    await expect(stage.scan({ signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(await stage.documents()).toMatchObject({
      '/Documents/a.txt': { state: 'pending', attempts: 0 },
      '/Documents/b.txt': { state: 'pending', attempts: 0 },
    });
    expect(house.downloads()).toEqual([]);
    stage.source.onAsk = () => undefined;
    expect(await stage.scan()).toMatchObject({ files_indexed: 2 });
  });
});

describe('a version that was overtaken while it was read', () => {
  it('R15: is not stored; the newer one is', async () => {
    stage.source.put('/Documents/a.txt', 'version one');
    stage.source.onAsk = async (question) => {
      if (question !== 'downloaded /Documents/a.txt') return;
      stage.source.onAsk = () => undefined;
      stage.source.put('/Documents/a.txt', 'version two');
      await stage.scan();
    };
    await stage.scan();
    expect((await stage.documents())['/Documents/a.txt']).toMatchObject({ state: 'indexed', text: 'version two' });
  });
});

describe('R11, R12: a crash at any step', () => {
  const FILES = {
    '/Documents/a.txt': 'alpha '.repeat(400),
    '/Documents/b.md': '# Beta\n\nbody of beta',
    '/Documents/sub/c.pdf': textPdf([['page one'], ['page two']]),
  };

  /** Scans until it succeeds; every scan dies at one transaction further on, before or after its commit. */
  async function scanThroughCrashes(stageOf: Stage, when: 'before' | 'after'): Promise<number> {
    for (let crashes = 0; ; crashes += 1) {
      const crashing = await house.stage({ of: stageOf, database: new CrashingDatabase(house, crashes, when) });
      try {
        await crashing.scan();
        return crashes;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  }

  it.each(['before', 'after'] as const)(
    '%s the commit of any transaction ends in the same chunks, with the same ids, as an undisturbed run',
    async (when) => {
      const runs: string[][] = [];
      let crashes = 0;
      for (const isDisturbed of [false, true]) {
        const userId = '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';
        await house.open.database.read((em) => em.execute('delete from users where id = ?', [userId]));
        await insertUser(house.open.database, userId);
        const source = (await house.stage()).source;
        for (const [path, content] of Object.entries(FILES)) source.put(path, content);
        const subject = await house.stage({ of: { ...stage, userId, source } });
        if (isDisturbed) crashes = await scanThroughCrashes(subject, when);
        else await subject.scan();
        source.put('/Documents/a.txt', 'alpha, but changed');
        source.remove('/Documents/b.md');
        if (isDisturbed) crashes += await scanThroughCrashes(subject, when);
        else await subject.scan();
        runs.push(await chunkSet(house.open.database, userId));
      }
      expect(crashes).toBeGreaterThanOrEqual(8);
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[0]).toHaveLength(4);
    },
  );
});

class Crash extends DomainError {
  constructor() {
    super('service-unavailable');
  }
}

/** Dies at its n-th transaction, and from then on every one fails: the process is gone. */
class CrashingDatabase extends Database {
  constructor(
    of: StageHouse,
    private left: number,
    private readonly when: 'before' | 'after',
  ) {
    super(of.open.orm);
    this.markReady();
  }

  override async transaction<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    this.left -= 1;
    if (this.left < -1 || (this.left === -1 && this.when === 'before')) throw new Crash();
    const result = await super.transaction(work);
    if (this.left === -1) throw new Crash();
    return result;
  }
}
