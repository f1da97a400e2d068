import { readFileSync } from 'node:fs';

const DEPTH = import.meta.url.includes('/dist/') ? '../../../package.json' : '../../package.json';

/** Version of the server, from its package.json. */
export const VERSION = (JSON.parse(readFileSync(new URL(DEPTH, import.meta.url), 'utf8')) as { version: string })
  .version;
