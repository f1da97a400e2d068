// Runs the benchmarks one after the other and writes bench/results.json: `npm run bench [name ...]`.
import { writeFileSync } from 'node:fs';
import { coldStart } from './cold-start.bench.ts';
import { fileScan } from './file-scan.bench.ts';
import { guardedRoute } from './guarded-route.bench.ts';
import { loginLatency } from './login-latency.bench.ts';
import { passageSearch } from './passage-search.bench.ts';
import { pdfText } from './pdf-text.bench.ts';
import { holds, type Measurement } from './measurement.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<Measurement[]>>> = {
  'guarded-route': guardedRoute,
  'login-latency': loginLatency,
  'cold-start': coldStart,
  'pdf-text': pdfText,
  'passage-search': passageSearch,
  'file-scan': fileScan,
};

const wanted = process.argv.slice(2);
const chosen = Object.entries(BENCHMARKS).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const results: Measurement[] = [];
for (const [name, measure] of chosen) {
  process.stdout.write(`${name} ...\n`);
  for (const result of await measure()) {
    results.push(result);
    const bar =
      result.wanted === undefined
        ? ''
        : `  wanted ${result.wanted.relation} ${result.wanted.value.toFixed(2)}: ${holds(result) ? 'holds' : 'DOES NOT HOLD'}`;
    process.stdout.write(`  ${result.bar.padEnd(4)} ${result.what}: ${result.value.toFixed(2)} ${result.unit}${bar}\n`);
  }
}
if (wanted.length === 0)
  writeFileSync(new URL('./results.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
process.exit(results.every(holds) ? 0 : 1);
