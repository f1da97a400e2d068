import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import type { OcsResult } from './ocs-envelope.ts';
import type { ServerState } from './server-state.ts';

/** What only somebody who is logged in is told. */
const MORE = {
  core: { pollinterval: 60, 'webdav-root': 'remote.php/webdav' },
  files: { bigfilechunking: true, blacklisted_files: ['.htaccess'] },
  dav: { chunking: '1.0', bulkupload: '1.0' },
  files_sharing: { api_enabled: true, resharing: true },
  password_policy: { minLength: 10, enforceNonCommonPassword: true },
};

/** Readable without a login, though not all of it; tells the brute-force delay of the caller's address for free. */
export function capabilities(exchange: Exchange, state: ServerState, isLoggedIn: boolean): OcsResult {
  const linkBase = state.faults.linkOrigin ?? exchange.baseUrl;
  const known = {
    bruteforce: { delay: state.throttle.delayMs(exchange.clientAddress), 'allow-listed': false },
    theming: { name: 'Nextcloud', url: 'https://nextcloud.com', logo: `${linkBase}/core/img/logo/logo.svg?v=0` },
  };
  const data = {
    version: versionOf(state.faults.version),
    capabilities: isLoggedIn ? { ...known, ...MORE } : known,
  };
  const etag = createHash('md5').update(JSON.stringify(data)).digest('hex');
  return { code: 200, data, headers: { ETag: `"${etag}"` } };
}

function versionOf(text: string): Record<string, unknown> {
  const [major = 0, minor = 0, micro = 0] = text.split('.').map(Number);
  return { major, minor, micro, string: text, edition: '', extendedSupport: false };
}
