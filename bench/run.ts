// Runs the benchmarks one after the other and keeps what they measured in bench/results.json: `npm run bench [name ...]`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { coldStart } from './cold-start.bench.ts';
import { eventStreams } from './event-streams.bench.ts';
import { fileScan } from './file-scan.bench.ts';
import { fileTransfer } from './file-transfer.bench.ts';
import { guardedRoute } from './guarded-route.bench.ts';
import { limiter } from './limiter.bench.ts';
import { loginLatency } from './login-latency.bench.ts';
import { loginThroughput } from './login-throughput.bench.ts';
import { holds, type Measurement } from './measurement.ts';
import { passageSearch } from './passage-search.bench.ts';
import { pdfText } from './pdf-text.bench.ts';
import { profileRoute } from './profile-route.bench.ts';
import { tokenCheck } from './token-check.bench.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<Measurement[]>>> = {
  'guarded-route': guardedRoute,
  'profile-route': profileRoute,
  'token-check': tokenCheck,
  limiter,
  'login-latency': loginLatency,
  'login-throughput': loginThroughput,
  'cold-start': coldStart,
  'event-streams': eventStreams,
  'pdf-text': pdfText,
  'passage-search': passageSearch,
  'file-scan': fileScan,
  'file-transfer': fileTransfer,
};
const RESULTS = new URL('./results.json', import.meta.url);

function lineOf(result: Measurement): string {
  const { bar, what, value, unit, wanted } = result;
  const verdict =
    wanted && `  wanted ${wanted.relation} ${wanted.value.toFixed(2)}: ${holds(result) ? 'holds' : 'DOES NOT HOLD'}`;
  return `  ${bar.padEnd(4)} ${what}: ${value.toFixed(2)} ${unit}${verdict ?? ''}\n`;
}

const names = process.argv.slice(2);
const chosen = Object.entries(BENCHMARKS).filter(([name]) => names.length === 0 || names.includes(name));
const database = process.env['TEST_DATABASE_URL'] === undefined ? 'embedded' : 'server';
const kept = existsSync(RESULTS) ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Record<string, unknown>) : {};
let isGood = true;
for (const [name, measure] of chosen) {
  process.stdout.write(`${name}, ${database} database ...\n`);
  const results = await measure();
  for (const result of results) process.stdout.write(lineOf(result));
  isGood &&= results.every(holds);
  kept[`${name} (${database} database)`] = results;
  writeFileSync(RESULTS, `${JSON.stringify(kept, null, 2)}\n`);
}
process.exit(isGood ? 0 : 1);
