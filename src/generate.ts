// Writes the generated documents: run it from the root of the repository with `npm run generate`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from './app.setup.ts';
import { configurationDocument, envExample } from './config/configuration-documents.ts';
import { readEnvironment } from './config/read-environment.ts';
import { openApiDocument } from './http/openapi.ts';
import { problemsDocument } from './problem/problems-document.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-generate-'));
const { app } = await createApp(readEnvironment({ NODE_ENV: 'test', DATA_DIR: dataDir, LOG_LEVEL: 'error' }), {
  dataFolder: 'memory://',
});
try {
  writeFileSync('docs/openapi.json', `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
  writeFileSync('docs/problems.md', problemsDocument());
  writeFileSync('docs/configuration.md', configurationDocument());
  writeFileSync('.env.example', envExample());
} finally {
  await app.close();
  rmSync(dataDir, { recursive: true, force: true });
}
