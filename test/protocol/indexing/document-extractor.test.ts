import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DocumentExtractor,
  type DocumentExtractorOptions,
} from '../../../src/indexing/extraction/document-extractor.ts';
import { ExtractionProcess } from '../../../src/indexing/extraction/extraction-process.ts';
import type { ExtractedDocument } from '../../../src/indexing/extraction/extraction.types.ts';
import { bombPdf, encryptedPdf, imageOnlyPdf, textPdf } from '../../support/pdf.ts';

const MIB = 1024 * 1024;
const LIMITS = { maxInputBytes: MIB, maxCharacters: 20_000, maxPages: 10 };

let folder: string;
const extractors: DocumentExtractor[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extraction-'));
});

afterEach(() => {
  for (const extractor of extractors.splice(0)) extractor.close();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function extractorWith(options: Partial<DocumentExtractorOptions> = {}): DocumentExtractor {
  const extractor = new DocumentExtractor(options);
  extractors.push(extractor);
  return extractor;
}

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function codeOf(outcome: Promise<ExtractedDocument>): Promise<unknown> {
  return outcome.then(
    (document) => document.status,
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe('DocumentExtractor on sound files', () => {
  it('gives every page of a PDF with its number and its line breaks', async () => {
    const path = await file('two.pdf', textPdf([['Metformin', '500 mg (twice)'], ['Second page']]));
    expect(await extractorWith().extract(path, 'application/pdf')).toEqual({
      status: 'extracted',
      mediaType: 'application/pdf',
      pages: [
        { number: 1, text: 'Metformin\n500 mg (twice)' },
        { number: 2, text: 'Second page' },
      ],
      unreadablePages: [],
    });
  });

  it('gives a text file as one page without number, whatever the case and parameters of its type', async () => {
    const path = await file('note.txt', 'Grüße\r\naus der Klinik');
    const document = await extractorWith().extract(path, 'Text/Plain; charset=utf-8');
    expect(document).toMatchObject({ pages: [{ number: null, text: 'Grüße\naus der Klinik' }] });
  });

  it('puts a text that needs many messages together again', async () => {
    const text = 'Ein längerer Satz über 𝒜lles. '.repeat(20_000).trim();
    const document = await extractorWith().extract(await file('long.md', text), 'text/markdown');
    expect(document.status === 'extracted' && document.pages[0]?.text === text).toBe(true);
  });

  it('tells a scan without text layer from an error', async () => {
    const path = await file('scan.pdf', imageOnlyPdf(2));
    expect(await extractorWith().extract(path, 'application/pdf')).toEqual({
      status: 'no-text-layer',
      mediaType: 'application/pdf',
      pageCount: 2,
    });
  });
});

describe('DocumentExtractor on files without usable content', () => {
  it.each([
    ['an encrypted PDF', 'encrypted', 'application/pdf', () => encryptedPdf()],
    ['a text named as PDF', 'unreadable', 'application/pdf', () => Buffer.from('just text')],
    ['a PDF named as text', 'unreadable', 'text/plain', () => textPdf([['x']])],
    ['a PDF cut to its first bytes', 'unreadable', 'application/pdf', () => textPdf([['x']]).subarray(0, 40)],
    ['a page tree that contains itself', 'unreadable', 'application/pdf', () => loopingPdf()],
    ['an empty file', 'empty', 'application/pdf', () => Buffer.alloc(0)],
    ['a file above the byte cap', 'too-large', 'text/plain', () => Buffer.alloc(LIMITS.maxInputBytes + 1, 'a')],
    [
      'a PDF above the page cap',
      'too-large',
      'application/pdf',
      () => textPdf(Array.from({ length: 11 }, () => ['x'])),
    ],
    [
      'a PDF above the text cap',
      'too-large',
      'application/pdf',
      () => textPdf(Array(9).fill(Array(50).fill('word '.repeat(20)))),
    ],
    ['a word processor file', 'unsupported-type', 'application/msword', () => Buffer.from('x')],
  ])('fails %s as %s', async (title, code, mediaType, content) => {
    const path = await file(title.replaceAll(' ', '-'), content());
    expect(await codeOf(extractorWith(LIMITS).extract(path, mediaType))).toBe(code);
  });

  it('blames the process, not the document, when the local copy is gone', async () => {
    expect(await codeOf(extractorWith().extract(join(folder, 'gone.txt'), 'text/plain'))).toBe('worker-crashed');
  });
});

describe('DocumentExtractor on hostile files', () => {
  it('kills a stream that inflates to 400 MB by its memory limit, and reads the next file', async () => {
    const bomb = await file('bomb.pdf', await bombPdf(400 * MIB));
    const good = await file('good.pdf', textPdf([['still here']]));
    const extractor = extractorWith();
    const bombOutcome = codeOf(extractor.extract(bomb, 'application/pdf'));
    const goodOutcome = codeOf(extractor.extract(good, 'application/pdf'));
    expect(await bombOutcome).toBe('memory');
    expect(await goodOutcome).toBe('extracted');
  });

  it('kills a file that takes too long', async () => {
    const bomb = await file('slow.pdf', await bombPdf(400 * MIB));
    const extractor = extractorWith({ maxRssMb: 4096, maxHeapMb: 4096, timeoutMs: 400 });
    expect(await codeOf(extractor.extract(bomb, 'application/pdf'))).toBe('timeout');
  });

  it('reports a process that was killed from outside as crashed', async () => {
    const bomb = await file('crash.pdf', await bombPdf(100 * MIB));
    const child = new ExtractionProcess({ maxRssMb: 4096, maxHeapMb: 4096 });
    const request = { path: bomb, mediaType: 'application/pdf' as const, limits: LIMITS };
    const outcome = codeOf(child.run(request, { timeoutMs: 20_000, signal: undefined }));
    process.kill(child.processId ?? 0, 'SIGKILL');
    expect(await outcome).toBe('worker-crashed');
    expect(child.isAlive).toBe(false);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('gives the child no environment and no right to write files or start processes', async () => {
    const path = await file('plain.txt', 'text');
    const child = new ExtractionProcess({ maxRssMb: 400, maxHeapMb: 128 });
    await child.run({ path, mediaType: 'text/plain', limits: LIMITS }, { timeoutMs: 20_000, signal: undefined });
    const environment = readFileSync(`/proc/${child.processId}/environ`, 'utf8').split('\0').filter(Boolean);
    const command = readFileSync(`/proc/${child.processId}/cmdline`, 'utf8').split('\0');
    child.stop();
    expect(environment.every((entry) => entry.startsWith('NODE_CHANNEL_'))).toBe(true);
    expect(command).toContain('--permission');
    expect(command.some((argument) => /allow-(fs-write|child-process|addons)/.test(argument))).toBe(false);
  });
});

describe('DocumentExtractor stopping work', () => {
  it('ends an aborted extraction with the reason of the signal and leaves its neighbour alone', async () => {
    const bomb = await file('aborted.pdf', await bombPdf(400 * MIB));
    const good = await file('neighbour.pdf', textPdf([['neighbour']]));
    const extractor = extractorWith({ processCount: 2, maxRssMb: 4096, maxHeapMb: 4096 });
    const controller = new AbortController();
    const aborted = extractor.extract(bomb, 'application/pdf', { signal: controller.signal });
    const neighbour = codeOf(extractor.extract(good, 'application/pdf'));
    const reason = new Error('cancelled by the user');
    setTimeout(() => controller.abort(reason), 50);
    await expect(aborted).rejects.toBe(reason);
    expect(await neighbour).toBe('extracted');
  });

  it('drops a waiting extraction on abort without starting it', async () => {
    const path = await file('waiting.txt', 'text');
    const extractor = extractorWith();
    const first = codeOf(extractor.extract(path, 'text/plain'));
    const controller = new AbortController();
    const waiting = extractor.extract(path, 'text/plain', { signal: controller.signal });
    controller.abort(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
    expect(await first).toBe('extracted');
    expect(await codeOf(extractor.extract(path, 'text/plain'))).toBe('extracted');
  });

  it('rejects running, waiting and later extractions once closed', async () => {
    const path = await file('closing.txt', 'text');
    const extractor = extractorWith();
    const outcomes = [codeOf(extractor.extract(path, 'text/plain')), codeOf(extractor.extract(path, 'text/plain'))];
    extractor.close();
    expect(await Promise.all(outcomes)).toEqual(['worker-crashed', 'worker-crashed']);
    expect(await codeOf(extractor.extract(path, 'text/plain'))).toBe('worker-crashed');
  });

  it('replaces a child after its share of files', async () => {
    const path = await file('recycled.txt', 'text');
    const extractor = extractorWith({ maxDocumentsPerProcess: 1 });
    expect(await codeOf(extractor.extract(path, 'text/plain'))).toBe('extracted');
    expect(await codeOf(extractor.extract(path, 'text/plain'))).toBe('extracted');
  });
});

function loopingPdf(): Buffer {
  const source = textPdf([['x']]).toString('latin1');
  return Buffer.from(source.replace('/Kids [4 0 R]', '/Kids [2 0 R]'), 'latin1');
}
