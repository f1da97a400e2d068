import { EmbeddedPassageIndex } from '../src/indexing/passage-index/embedded/embedded-passage-index.ts';
import { ROOT, scanToTheEnd, startWithNextcloud } from './bench-nextcloud.ts';
import { percentile, timed, type Measurement } from './measurement.ts';

const FILES = 200;
const CHUNKS_PER_FILE = 100;
const PARAGRAPH_WORDS = 130;
const VOCABULARY = 20_000;
const QUERIES = 100;
const OWNER = '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';

/** P16: a question of three common words over 20,000 passages of one user. */
export async function passageSearch(): Promise<Measurement[]> {
  const next = random(7);
  const files = Array.from({ length: FILES }, () => Array.from({ length: CHUNKS_PER_FILE }, () => paragraph(next)));
  const query = [word(3), word(5), word(8)].join(' ');
  const direct = await searchDirectly(files, query);
  const bench = await startWithNextcloud((nextcloud, uid) => {
    files.forEach((paragraphs, file) => nextcloud.putFile(uid, `${ROOT}/${String(file)}.txt`, paragraphs.join('\n\n')));
  });
  await scanToTheEnd(bench.api);
  const ask = (): Promise<unknown> => bench.api.post('/api/realtime/query', { query });
  const first = await timed(ask);
  const times: number[] = [];
  for (let round = 0; round < QUERIES; round += 1) times.push(await timed(ask));
  await bench.stop();
  const p95 = percentile(times, 95);
  return [
    {
      bar: 'P16',
      what: 'p95 of a question over 20,000 passages, over HTTP',
      value: p95,
      unit: 'ms',
      wanted: { relation: '<=', value: 100 },
    },
    {
      bar: 'P16',
      what: 'the same against twice the search alone plus 10 ms',
      value: p95,
      unit: 'ms',
      wanted: { relation: '<=', value: 2 * direct + 10 },
    },
    { bar: 'P16', what: 'p95 of the search alone', value: direct, unit: 'ms' },
    { bar: 'P16', what: 'first question: the index is built from PostgreSQL', value: first / 1000, unit: 's' },
  ];
}

async function searchDirectly(files: readonly (readonly string[])[], query: string): Promise<number> {
  const index = new EmbeddedPassageIndex();
  for (const [file, paragraphs] of files.entries()) {
    const chunks = paragraphs.map((text, position) => ({ chunkId: `${String(file)}-${String(position)}`, text }));
    const change = { documentId: String(file), sequence: file + 1, sourceType: 'note', chunks };
    await index.apply(OWNER, [change], { afterSequence: file });
  }
  const times: number[] = [];
  for (let round = 0; round < QUERIES; round += 1)
    times.push(await timed(() => index.search(OWNER, query, { limit: 10 })));
  await index.close();
  return percentile(times, 95);
}

/** About 900 characters, the size of one passage; low ranks are frequent, as in natural text. */
function paragraph(next: () => number): string {
  return Array.from({ length: PARAGRAPH_WORDS }, () => word(Math.floor(VOCABULARY ** next()))).join(' ');
}

function word(rank: number): string {
  return `w${rank.toString(36)}x`;
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
