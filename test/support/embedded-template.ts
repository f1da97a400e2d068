import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

const MANIFEST = new URL('../../node_modules/@electric-sql/pglite/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };

/** An empty cluster of the embedded engine: each test database starts from it instead of creating one, which takes 3 s. */
export const EMBEDDED_TEMPLATE = fileURLToPath(
  new URL(`../../node_modules/.cache/voiceassist/embedded-${version}.tar`, import.meta.url),
);

/** Creates the template where it is missing. */
export async function makeEmbeddedTemplate(): Promise<void> {
  if (existsSync(EMBEDDED_TEMPLATE)) return;
  const database = await PGlite.create();
  const dump = await database.dumpDataDir('none');
  await database.close();
  mkdirSync(dirname(EMBEDDED_TEMPLATE), { recursive: true });
  const unfinished = `${EMBEDDED_TEMPLATE}.${String(process.pid)}`;
  writeFileSync(unfinished, Buffer.from(await dump.arrayBuffer()));
  renameSync(unfinished, EMBEDDED_TEMPLATE);
}
