import { findField } from '../../server/ocs-envelope.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';
import type { ProbeAnswer } from '../protocol/doctor-probe.ts';
import type { ServerSnapshot } from '../server-snapshot.ts';
import { evaluateRedirect } from './redirect-diagnosis.ts';

const UNTRUSTED_DOMAIN_CODE = 15;
const SKEW_WARNING_MS = 30_000;
const SKEW_FAULT_MS = 300_000;
const OLDEST_VERSION = 27;
const NEWEST_VERSION = 32;

const redirect: Check<ServerSnapshot> = {
  id: 'redirect',
  title: 'Nextcloud answers where it is asked',
  needs: ['tls', 'base-url'],
  run: async (snapshot) => {
    const { status, location } = await snapshot.statusAnswer();
    if (status < 300 || status >= 400) return ok();
    return evaluateRedirect(new URL(snapshot.probe.baseUrl), location);
  },
};

const trustedDomains: Check<ServerSnapshot> = {
  id: 'trusted-domains',
  title: 'Nextcloud trusts the host name it is called by',
  needs: ['redirect'],
  run: async (snapshot) => {
    const { status } = await snapshot.statusAnswer();
    if (status !== 400 || findField(await snapshot.statusDocument(), 'code') !== UNTRUSTED_DOMAIN_CODE) return ok();
    const host = new URL(snapshot.probe.baseUrl).hostname;
    return fault({
      cause: 'Nextcloud refuses the host name in NEXTCLOUD_URL: it is not in its trusted_domains.',
      fix: `In Nextcloud: occ config:system:get trusted_domains shows the list; then, with the next free number in place of 2: occ config:system:set trusted_domains 2 --value=${host}`,
      facts: { host },
    });
  },
};

const statusPage: Check<ServerSnapshot> = {
  id: 'status-page',
  title: 'What answers is a Nextcloud',
  needs: ['trusted-domains'],
  run: async (snapshot) => evaluateStatusPage(await snapshot.statusAnswer(), await snapshot.statusDocument()),
};

const installed: Check<ServerSnapshot> = {
  id: 'installed',
  title: 'Nextcloud is installed',
  needs: ['status-page'],
  run: async (snapshot) =>
    findField(await snapshot.statusDocument(), 'installed') === true
      ? ok()
      : fault({
          cause: 'Nextcloud has not been set up yet.',
          fix: 'Open it in a browser and finish the installation, or run: occ maintenance:install. The container image installs itself when it is given an administrator and a database.',
        }),
};

const maintenance: Check<ServerSnapshot> = {
  id: 'maintenance',
  title: 'Nextcloud is not in maintenance',
  needs: ['installed'],
  run: async (snapshot) =>
    findField(await snapshot.statusDocument(), 'maintenance') === false
      ? ok()
      : fault({
          cause: 'Nextcloud is in maintenance mode: it answers nobody.',
          fix: 'Wait for the backup or upgrade to end. If none is running: occ maintenance:mode --off',
        }),
};

const databaseUpgrade: Check<ServerSnapshot> = {
  id: 'database-upgrade',
  title: 'The database of Nextcloud fits its version',
  needs: ['installed'],
  run: async (snapshot) =>
    findField(await snapshot.statusDocument(), 'needsDbUpgrade') === true
      ? fault({
          cause: 'Nextcloud was updated and waits for its database to be upgraded: it answers nobody.',
          fix: 'Run: occ upgrade',
        })
      : ok(),
};

const clock: Check<ServerSnapshot> = {
  id: 'clock',
  title: 'The clocks of both servers agree',
  needs: ['tls'],
  run: async (snapshot) => evaluateClock(await snapshot.statusAnswer()),
};

const version: Check<ServerSnapshot> = {
  id: 'version',
  title: 'The version of Nextcloud is one that is supported',
  needs: ['status-page'],
  run: async (snapshot) => {
    const major = await snapshot.majorVersion();
    const text = findField(await snapshot.statusDocument(), 'versionstring');
    const facts = { version: typeof text === 'string' ? text : null };
    if (major === null) return skipped('Nextcloud does not tell its version.');
    if (major >= OLDEST_VERSION && major <= NEWEST_VERSION) return ok(facts);
    return warning({
      cause: `This server knows Nextcloud ${OLDEST_VERSION} to ${NEWEST_VERSION}; this one is ${major < OLDEST_VERSION ? 'older' : 'newer'}.`,
      fix:
        major < OLDEST_VERSION
          ? 'Update Nextcloud, one major version after the other.'
          : 'It will most likely work. Look for a newer version of this server, and try file access before you rely on it.',
      facts,
    });
  },
};

/** What the first answer tells. */
export const STATUS_CHECKS: readonly Check<ServerSnapshot>[] = [
  redirect,
  trustedDomains,
  statusPage,
  installed,
  maintenance,
  databaseUpgrade,
  clock,
  version,
];

function evaluateStatusPage({ status, isHtml }: ProbeAnswer, document: unknown): Finding {
  const facts = { status };
  if (status === 200 && typeof findField(document, 'installed') === 'boolean') return ok(facts);
  if (status >= 500) {
    return fault({
      cause: 'Nextcloud, its database or the proxy before it is down.',
      fix: 'Look into nextcloud.log and the logs of its database and proxy. 500 without a body: the database; 502 and 504: the proxy finds no Nextcloud; 503 for some minutes after a start is normal.',
      facts,
    });
  }
  if (status === 401 || status === 403 || (status === 200 && isHtml)) {
    return fault({
      cause: 'A login page answers in place of Nextcloud.',
      fix: 'A proxy asks for a login of its own. Let it pass /status.php, /ocs, /remote.php, /index.php and /.well-known without one: Nextcloud checks who is asking.',
      facts,
    });
  }
  return fault({
    cause: 'There is no Nextcloud at this address.',
    fix: 'Check host, port and path of NEXTCLOUD_URL: if Nextcloud lies in a folder, the path belongs to it (https://host/nextcloud). Opening NEXTCLOUD_URL + /status.php must show JSON.',
    facts,
  });
}

function evaluateClock({ headers, answeredAtMs }: ProbeAnswer): Finding {
  const theirs = Date.parse(headers['date'] ?? '');
  if (Number.isNaN(theirs)) return skipped('Nextcloud does not tell the time.');
  // Date counts whole seconds and was written before the answer came.
  const skewMs = theirs + 500 - answeredAtMs;
  const facts = { skew_seconds: Math.round(skewMs / 1_000) };
  if (Math.abs(skewMs) <= SKEW_WARNING_MS) return ok(facts);
  const trouble = {
    cause: `The clocks of this server and of Nextcloud differ by more than ${Math.abs(skewMs) > SKEW_FAULT_MS ? '5 minutes' : '30 seconds'}.`,
    fix: 'Let both machines follow the same time servers (timedatectl set-ntp true). Tokens of single sign-on, codes of second factors and signed requests depend on it.',
    facts,
  };
  return Math.abs(skewMs) > SKEW_FAULT_MS ? fault(trouble) : warning(trouble);
}
