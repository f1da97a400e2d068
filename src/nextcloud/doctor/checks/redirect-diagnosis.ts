import { fault, type Finding } from '../check.types.ts';

const ASKED = '/status.php';

/** What a redirect of `GET /status.php` means: this server follows none, because a credential would go along. */
export function evaluateRedirect(base: URL, location: URL | null): Finding {
  if (location === null) {
    return fault({
      cause: 'Nextcloud sends its callers elsewhere, but does not say where.',
      fix: 'Look at the configuration of the proxy: a redirect without a usable Location.',
    });
  }
  const facts = { redirects_to: location.origin + location.pathname };
  const isSamePage = location.pathname.endsWith(ASKED);
  const target = location.origin + location.pathname.slice(0, -ASKED.length);
  if (!isSamePage) {
    return fault({
      cause: 'A login page or portal of a proxy stands before Nextcloud.',
      fix: 'Let the proxy pass /status.php, /ocs, /remote.php, /index.php and /.well-known without a login of its own.',
      facts,
    });
  }
  if (location.host === base.host && location.protocol === 'http:' && base.protocol === 'https:') {
    return fault({
      cause: 'Nextcloud believes that it is called over http and redirects there.',
      fix: 'Behind a proxy that ends TLS: occ config:system:set overwriteprotocol --value=https, and name the proxy in trusted_proxies.',
      facts,
    });
  }
  if (location.hostname === base.hostname && location.protocol === 'https:' && base.protocol === 'http:') {
    return fault({
      cause: 'Nextcloud is to be called over https.',
      fix: `Set NEXTCLOUD_URL=${target}. If the proxy should let this server in over http, take the redirect out there.`,
      facts,
    });
  }
  if (location.origin === base.origin) {
    return fault({
      cause: 'Nextcloud lies in a folder that NEXTCLOUD_URL does not name.',
      fix: `Set NEXTCLOUD_URL=${target}`,
      facts,
    });
  }
  return fault({
    cause: 'Nextcloud or its proxy sends its callers to another host name.',
    fix: `Set NEXTCLOUD_URL=${target}, or, if this server should go on using the present one, make an exception there: overwritehost with overwritecondaddr in config.php, or the canonical host of the proxy.`,
    facts,
  });
}
