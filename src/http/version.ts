import { readFileSync } from 'node:fs';

// From src/http/ in tests, from dist/src/http/ in the build.
const MANIFEST = new URL(
  import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json',
  import.meta.url,
);

/** Version of the server, from its package.json. */
export const VERSION = (JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }).version;
