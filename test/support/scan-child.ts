// A scan in a process of its own, to be killed: arguments are the database, the user, the data folder and the version of
// the account. Run with `node --import module-hooks.ts`.
import { MemorySource } from './memory-source.ts';
import { indexingParts, jobContext } from './indexing-parts.ts';
import { textPdf } from './pdf.ts';
import { openTestDatabase } from './open-test-database.ts';

const [url = '', userId = '', dataDir = '', version = '1'] = process.argv.slice(2);

const source = new MemorySource();
for (let index = 0; index < 12; index += 1) {
  source.put(`/Documents/folder-${index % 3}/text-${index}.txt`, `Text ${index}. `.repeat(300));
  source.put(
    `/Documents/folder-${index % 3}/pages-${index}.pdf`,
    textPdf([[`First of ${index}`], [`Second of ${index}`]]),
  );
}
if (version === '2') {
  source.put('/Documents/folder-0/text-0.txt', 'Text 0 as it is now. '.repeat(200));
  source.remove('/Documents/folder-1/text-1.txt');
  source.remove('/Documents/folder-2');
}
// The parent kills this process at one of them, while it goes on.
source.onAsk = (question) => new Promise((resolve) => process.send?.(question, undefined, {}, () => resolve()));

const open = await openTestDatabase({ url, dataFolder: '', poolSize: 4, statementTimeoutMs: 30_000 });
open.database.markReady();
const parts = indexingParts({ database: open.database, sources: [source], dataDir });
await parts.folder.create();
const counters = await parts.scanJob.run(jobContext(userId));
process.send?.(counters);
parts.extractor.close();
await parts.folder.close();
await open.close();
process.disconnect();
