import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DocumentExtractor } from '../src/indexing/extraction/document-extractor.ts';
import { textPdf } from '../test/support/pdf.ts';
import { ROOT, scanToTheEnd, startWithNextcloud } from './bench-nextcloud.ts';
import { median, percentile, timed, type Measurement } from './measurement.ts';

const PAGES = 200;
const LINES = 45;
const ROUNDS = 5;
const WORDS = ['renal', 'function', 'dose', 'patient', 'review', 'weekly', 'blood', 'pressure', 'therapy', 'start'];

/** P13: text of a 200-page PDF against pdftotext, and /health while such files are read. */
export async function pdfText(): Promise<Measurement[]> {
  const pdf = textPdf(
    Array.from({ length: PAGES }, (_, page) => Array.from({ length: LINES }, (_unused, line) => lineOf(page, line))),
  );
  const folder = mkdtempSync(join(tmpdir(), 'voiceassist-bench-'));
  const path = join(folder, 'guideline.pdf');
  writeFileSync(path, pdf);
  const extractor = new DocumentExtractor();
  await extractor.extract(path, 'application/pdf');
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(await timed(() => Promise.resolve(execFileSync('pdftotext', [path, join(folder, 'out.txt')]))));
    ours.push(await timed(() => extractor.extract(path, 'application/pdf')));
  }
  extractor.close();
  rmSync(folder, { recursive: true });
  return [
    {
      bar: 'P13',
      what: 'speed of reading a 200-page PDF against pdftotext (process already running)',
      value: median(theirs) / median(ours),
      unit: 'x',
      wanted: { relation: '>=', value: 0.15 },
    },
    await healthMeanwhile(pdf),
  ];
}

async function healthMeanwhile(pdf: Buffer): Promise<Measurement> {
  const bench = await startWithNextcloud((nextcloud, uid) => {
    for (let file = 0; file < ROUNDS; file += 1) nextcloud.putFile(uid, `${ROOT}/guideline-${String(file)}.pdf`, pdf);
  });
  const ended = new AbortController();
  const scan = scanToTheEnd(bench.api).finally(() => {
    ended.abort();
  });
  const times: number[] = [];
  while (!ended.signal.aborted) times.push(await timed(() => bench.api.get('/health')));
  await scan;
  await bench.stop();
  return {
    bar: 'P13',
    what: 'p99 of GET /health while five such PDFs are read',
    value: percentile(times, 99),
    unit: 'ms',
    wanted: { relation: '<=', value: 25 },
  };
}

function lineOf(page: number, line: number): string {
  const words = Array.from(
    { length: 12 },
    (_, word) => WORDS[(page * 7 + line * 3 + word * word) % WORDS.length] ?? '',
  );
  return `${String(page)}.${String(line)} ${words.join(' ')}`;
}
