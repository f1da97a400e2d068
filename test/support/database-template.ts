import { createHash } from 'node:crypto';
import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './test-run.ts';

/** A global of Node that its types leave to those of browsers. */
declare const WebAssembly: { readonly Module: new (code: Buffer) => object };

const ROOT = new URL('../../', import.meta.url);

/**
 * An embedded cluster as the first start of the server leaves it, with the schema and the queues: each test database starts from it instead of
 * creating and migrating one, which takes 4 s. Its name changes with what is in it.
 */
export const EMBEDDED_TEMPLATE = fileURLToPath(
  new URL(`node_modules/.cache/voiceassist/embedded-${digestOfSchema()}.tar`, ROOT),
);
/** The same as a folder, as it lies in the data folder of a server. */
const TEMPLATE_FOLDER = EMBEDDED_TEMPLATE.replace(/\.tar$/, '');

// The engines of one process share their machine code for as long as something holds the compiled module: the second start
// of an application then costs half as much. Nothing reads it, so the global object holds it.
Reflect.set(globalThis, Symbol.for('voiceassist.engine'), new WebAssembly.Module(readFileSync(engineFile())));

/** Puts a copy of the template where a server looks for its embedded database. */
export function copyTemplate(dataDir: string): void {
  cpSync(TEMPLATE_FOLDER, join(dataDir, 'postgres'), { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** Creates the template of embedded databases where it is missing. */
export async function makeEmbeddedTemplate(): Promise<void> {
  if (existsSync(EMBEDDED_TEMPLATE)) return;
  const { PGlite } = await import('@electric-sql/pglite');
  const { fillDatabase } = await import('./filled-database.ts');
  const folder = temporaryFolder('template');
  await fillDatabase({ dataDir: folder });
  const cluster = join(folder, 'postgres');
  const database = await PGlite.create(cluster);
  const dump = await database.dumpDataDir('none');
  await database.close();
  mkdirSync(dirname(EMBEDDED_TEMPLATE), { recursive: true });
  const unfinished = `${EMBEDDED_TEMPLATE}.${String(process.pid)}`;
  writeFileSync(unfinished, Buffer.from(await dump.arrayBuffer()));
  cpSync(cluster, TEMPLATE_FOLDER, { recursive: true });
  renameSync(unfinished, EMBEDDED_TEMPLATE);
  rmSync(folder, { recursive: true });
}

function engineFile(): URL {
  return new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'));
}

function digestOfSchema(): string {
  const digest = createHash('sha256');
  for (const name of readdirSync(new URL('migrations/', ROOT)).sort()) {
    digest.update(readFileSync(new URL(`migrations/${name}`, ROOT)));
  }
  for (const library of ['@electric-sql/pglite', 'pg-boss']) {
    digest.update(readFileSync(new URL(`node_modules/${library}/package.json`, ROOT)));
  }
  return digest.digest('hex').slice(0, 16);
}
