// Several sources of documents of one user: none is taken for another, whatever their ids and paths are.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainEvents } from '../../../src/changes/domain-events.ts';
import { EmbeddedPassageIndex } from '../../../src/indexing/passage-index/embedded/embedded-passage-index.ts';
import { IndexSync } from '../../../src/indexing/retrieval/index-sync.ts';
import { RetrievalService } from '../../../src/indexing/retrieval/retrieval.service.ts';
import { DocumentRemoval } from '../../../src/indexing/sources/document-removal.ts';
import { DocumentSources } from '../../../src/indexing/sources/document-sources.ts';
import { SourceUnlinkedJob } from '../../../src/indexing/sources/source-unlinked.job.ts';
import { DomainError } from '../../../src/problem/domain-error.ts';
import { jobContext, SEALER } from '../../support/indexing-parts.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { StageHouse, type Stage } from '../../support/scan-stage.ts';

let house: StageHouse;
let files: Stage;
let uploads: Stage;
const index = new EmbeddedPassageIndex();

beforeAll(async () => {
  house = await StageHouse.build();
});
afterAll(async () => {
  await index.close();
  await house.close();
});
beforeEach(async () => {
  const [nextcloud, upload] = [new MemorySource('nextcloud'), new MemorySource('upload')];
  files = await house.stage({ sources: [nextcloud, upload] });
  uploads = await house.stage({ of: files, sources: [upload, nextcloud] });
  // The same path and the same id in both.
  nextcloud.put('/Documents/a.txt', 'Aspirin thins the blood.');
  upload.put('/Documents/a.txt', 'Insulin lowers the sugar.');
  expect(upload.fileId('/Documents/a.txt')).toBe(nextcloud.fileId('/Documents/a.txt'));
});

const textOf = async (stage: Stage, path = '/Documents/a.txt'): Promise<string | null | undefined> =>
  (await stage.documents())[path]?.text;

async function find(query: string): Promise<string[]> {
  const { database } = house.open;
  const retrieval = new RetrievalService(database, index, new IndexSync(database, index, SEALER), SEALER);
  return (await retrieval.retrieve(files.userId, { query, topK: 5 })).map(({ text }) => text);
}

async function unlink(stage: Stage): Promise<void> {
  const { database } = house.open;
  const parameters = { source: stage.source.kind };
  const removal = new DocumentRemoval(new DomainEvents());
  const job = new SourceUnlinkedJob(database, new IndexSync(database, index, SEALER), removal);
  await job.run(jobContext(stage.userId, { parameters }));
}

describe('two sources of one user', () => {
  it('have a document each where file id, path and content are the same', async () => {
    uploads.source.put('/Documents/a.txt', 'Aspirin thins the blood.');
    expect(await files.scan()).toMatchObject({ files_discovered: 1, files_indexed: 1, chunks_indexed: 1 });
    expect(await uploads.scan()).toMatchObject({ files_discovered: 1, files_indexed: 1, chunks_indexed: 1 });
    const [one, other] = [await files.documents(), await uploads.documents()];
    expect(one['/Documents/a.txt']?.id).not.toBe(other['/Documents/a.txt']?.id);
    expect(await find('aspirin')).toEqual(['Aspirin thins the blood.', 'Aspirin thins the blood.']);
  });

  it('are each read from where they lie', async () => {
    await files.scan();
    expect(uploads.source.log).toEqual([]);
    await uploads.scan();
    expect([await textOf(files), await textOf(uploads)]).toEqual([
      'Aspirin thins the blood.',
      'Insulin lowers the sugar.',
    ]);
    expect(await find('insulin')).toEqual(['Insulin lowers the sugar.']);
  });

  it('are left alone by a scan of the other one, be it that everything of that is gone', async () => {
    await files.scan();
    await uploads.scan();
    files.source.remove('/Documents/a.txt');
    uploads.source.log.length = 0;
    expect(await files.scan()).toMatchObject({ files_removed: 1, files_discovered: 0 });
    expect(uploads.source.log).toEqual([]);
    expect(await textOf(uploads)).toBe('Insulin lowers the sugar.');
    // What the scan of the one knows of folders says nothing about those of the other.
    expect(await uploads.scan()).toMatchObject({ files_removed: 0, files_discovered: 1, files_indexed: 0 });
    expect(uploads.source.log).toEqual(['stat /Documents']);
  });

  it('wait for a scan of their own source to be read', async () => {
    uploads.source.onAsk = (question) => {
      if (question.startsWith('download')) throw new DomainError('upstream-throttled');
    };
    await expect(uploads.scan()).rejects.toMatchObject({ code: 'upstream-throttled' });
    expect(await files.scan()).toMatchObject({ files_discovered: 1, files_indexed: 1 });
    expect((await uploads.documents())['/Documents/a.txt']).toMatchObject({ state: 'pending', text: null });
    uploads.source.onAsk = () => undefined;
    await uploads.scan();
    expect(await textOf(uploads)).toBe('Insulin lowers the sugar.');
  });

  it('are forgotten one by one, when the account that they came from is unlinked', async () => {
    await files.scan();
    await uploads.scan();
    await unlink(files);
    expect([await files.documents(), await textOf(uploads)]).toEqual([{}, 'Insulin lowers the sugar.']);
    expect([await find('aspirin'), await find('insulin')]).toEqual([[], ['Insulin lowers the sugar.']]);
    uploads.source.log.length = 0;
    await uploads.scan();
    expect(uploads.source.log).toEqual(['stat /Documents']);
  });

  it('are asked about their own files: by a scan, by index-state, and when a file is asked for by its path', async () => {
    for (const { source } of [files, uploads]) source.put('/Letters/b.txt', `From ${source.kind}.`);
    await files.indexFile({ file_path: '/Letters/b.txt' });
    await uploads.indexFile({ file_path: '/Letters/b.txt' });
    expect([await textOf(files, '/Letters/b.txt'), await textOf(uploads, '/Letters/b.txt')]).toEqual([
      'From nextcloud.',
      'From upload.',
    ]);
    files.source.remove('/Letters/b.txt');
    await uploads.scan();
    expect(await textOf(files, '/Letters/b.txt')).toBe('From nextcloud.');
    await files.scan();
    expect(Object.keys(await files.documents())).toEqual(['/Documents/a.txt']);
    expect(Object.keys(await uploads.documents())).toEqual(['/Documents/a.txt', '/Letters/b.txt']);
    expect(await uploads.explain('/Letters/b.txt')).toMatchObject({ state: 'indexed' });
    await expect(files.explain('/Letters/b.txt')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('have rules of their own', async () => {
    await files.choose({ exclude: ['a.txt'] });
    await files.scan();
    await uploads.scan();
    expect([Object.keys(await files.documents()), Object.keys(await uploads.documents())]).toEqual([
      [],
      ['/Documents/a.txt'],
    ]);
  });
});

describe('the sources', () => {
  it('are found by their kind, of which there is one each', async () => {
    const [one, other] = [new MemorySource('one'), new MemorySource('other')];
    const sources = new DocumentSources([one, other]);
    expect([sources.of('one'), sources.of('other')]).toEqual([one, other]);
    expect(() => sources.of('mail')).toThrow('no source of documents of the kind mail');
    expect(() => new DocumentSources([one, new MemorySource('one')])).toThrow('of the same kind');
    expect([...(await sources.usersByKind()).keys()]).toEqual(['one', 'other']);
  });
});
