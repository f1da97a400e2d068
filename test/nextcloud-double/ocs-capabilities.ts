import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import type { OcsResult } from './ocs-envelope.ts';
import type { ServerState } from './server-state.ts';

/** What status.php and the capabilities say about the version. */
export const VERSION = { major: 27, minor: 1, micro: 10, string: '27.1.10', edition: '', extendedSupport: false };

/** Readable without a login; tells the brute-force delay of the caller's address for free. */
export function capabilities(exchange: Exchange, state: ServerState): OcsResult {
  const data = {
    version: VERSION,
    capabilities: {
      core: { pollinterval: 60, 'webdav-root': 'remote.php/webdav' },
      bruteforce: { delay: state.throttle.delayMs(exchange.clientAddress), 'allow-listed': false },
      files: { bigfilechunking: true, blacklisted_files: ['.htaccess'] },
      dav: { chunking: '1.0', bulkupload: '1.0' },
      files_sharing: { api_enabled: true, resharing: true },
      password_policy: { minLength: 10, enforceNonCommonPassword: true },
    },
  };
  const etag = createHash('md5').update(JSON.stringify(data)).digest('hex');
  return { code: 200, data, headers: { ETag: `"${etag}"` } };
}
