// Writes the generated documents: run it from the root of the repository with `npm run generate`.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.setup.ts';
import { configurationDocument, envExample } from './config/configuration-documents.ts';
import { readEnvironment } from './config/read-environment.ts';
import { nextcloudAppOperations, operationsTable, type AppOperations } from './http/nextcloud-app-operations.ts';
import { openApiDocument } from './http/openapi.ts';
import { problemsDocument } from './problem/problems-document.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-generate-'));
const { app } = await createApp(readEnvironment({ NODE_ENV: 'test', DATA_DIR: dataDir, LOG_LEVEL: 'error' }), {
  dataFolder: 'memory://',
});
try {
  const document = openApiDocument(app);
  write('docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`);
  write('docs/problems.md', problemsDocument());
  write('docs/configuration.md', configurationDocument());
  write('.env.example', envExample());
  writeAppOperations(nextcloudAppOperations(document));
} finally {
  await app.close();
  rmSync(dataDir, { recursive: true, force: true });
}

/** What each Nextcloud app may call: the list that its gateway reads, and the table in their README. */
function writeAppOperations(lists: AppOperations): void {
  let readme = readFileSync('nextcloud-apps/README.md', 'utf8');
  for (const [app, operations] of Object.entries(lists)) {
    write(`nextcloud-apps/${app}/appinfo/operations.json`, `${JSON.stringify({ operations }, null, 2)}\n`);
    readme = readme.replace(new RegExp(`(### ${app}\n\n)(\\|.*\n)+`), `$1${operationsTable(operations)}`);
  }
  write('nextcloud-apps/README.md', readme);
}

/** Leaves a file alone that says so already: a test that runs beside may be reading it. */
function write(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}
