import { isDomainError } from '../../../problem/domain-error.ts';
import { findField, findText, parseJson } from '../../server/ocs-envelope.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';
import type { ServerSnapshot } from '../server-snapshot.ts';

const HARD_DELAY_MS = 5_000;
/** From here on Nextcloud brings the app that sends webhooks. */
const WEBHOOKS_SINCE_VERSION = 30;

const ocs: Check<ServerSnapshot> = {
  id: 'ocs',
  title: 'The OCS API answers',
  needs: ['maintenance', 'database-upgrade'],
  run: async (snapshot) =>
    (await snapshot.capabilities()) === undefined
      ? fault({
          cause: 'Nextcloud shows its status, but its OCS API does not answer as it should.',
          fix: 'Let the proxy pass /ocs to Nextcloud unchanged, with the header field OCS-APIRequest and the query. A page in HTML here comes from the proxy.',
        })
      : ok(),
};

const throttle: Check<ServerSnapshot> = {
  id: 'throttle',
  title: 'Nextcloud does not slow this server down for wrong passwords',
  needs: ['ocs'],
  run: async (snapshot) => evaluateThrottle(await snapshot.capabilities()),
};

const publicUrl: Check<ServerSnapshot> = {
  id: 'public-url',
  title: 'Nextcloud knows its own address',
  needs: ['ocs'],
  run: async (snapshot) => evaluatePublicUrl(snapshot, await snapshot.capabilities()),
};

const publicName: Check<ServerSnapshot> = {
  id: 'public-name',
  title: 'Browsers find Nextcloud at its public address',
  needs: ['ocs'],
  run: async ({ publicProbe }) => {
    if (publicProbe === undefined) return ok();
    const facts = { public: publicProbe.baseUrl };
    try {
      const { bodyText } = await publicProbe.ask({ path: '/status.php' });
      if (findField(parseJson(bodyText), 'installed') === true) return ok(facts);
      return warning({
        cause: 'What answers at the public address is no Nextcloud.',
        fix: 'Set NEXTCLOUD_PUBLIC_URL to the address at which browsers open Nextcloud.',
        facts,
      });
    } catch (error) {
      if (!isDomainError(error)) throw error;
      return unreachable(error.options.logContext?.['reason'], facts);
    }
  },
};

/** A name that does not exist is wrong for browsers too; another failure may concern this server alone. */
function unreachable(reason: unknown, facts: { readonly public: string }): Finding {
  if (reason === 'enotfound') {
    return fault({
      cause: 'The host name in NEXTCLOUD_PUBLIC_URL does not exist.',
      fix: 'Correct NEXTCLOUD_PUBLIC_URL, or add the name to the DNS; browsers are sent there to log in.',
      facts,
    });
  }
  return warning({
    cause: 'This server cannot reach the public address of Nextcloud. Browsers may reach it all the same.',
    fix: 'Open the address in a browser. Where that works nothing is wrong.',
    facts: { ...facts, reason: typeof reason === 'string' ? reason : 'unknown' },
  });
}

const activityApp: Check<ServerSnapshot> = {
  id: 'activity-app',
  title: 'The Activity app tells of changes early',
  needs: ['ocs'],
  run: async (snapshot) =>
    (await hasRoute(snapshot, '/apps/activity/api/v2/activity'))
      ? ok()
      : warning({
          cause: 'The Activity app is off: changed files are found by the regular scans only.',
          fix: 'For earlier hints: occ app:enable activity. Nothing else depends on it.',
        }),
};

const webhookApp: Check<ServerSnapshot> = {
  id: 'webhook-app',
  title: 'Nextcloud can push changes',
  needs: ['ocs'],
  run: async (snapshot) => {
    const major = await snapshot.majorVersion();
    if (major !== null && major < WEBHOOKS_SINCE_VERSION)
      return skipped(`Nextcloud can do this from version ${WEBHOOKS_SINCE_VERSION} on; changes are found by scans.`);
    if (await hasRoute(snapshot, '/apps/webhook_listeners/api/v1/webhooks')) return ok();
    return skipped(
      'The app webhook_listeners is off; changes are found by scans.',
      'To have changes pushed: occ app:enable webhook_listeners',
    );
  },
};

/** Looks at the answers to all the other questions, so it comes last. */
export const RATE_LIMIT_CHECK: Check<ServerSnapshot> = {
  id: 'rate-limit',
  title: 'Nextcloud and its proxy let requests through',
  needs: ['status-page'],
  after: ['dav-path', 'authorization-header', 'well-known', 'activity-app', 'webhook-app', 'sso-client'],
  run: ({ probe }) => {
    const limited = probe.statuses.filter((status) => status === 429).length;
    return Promise.resolve(
      limited === 0
        ? ok({ asked: probe.statuses.length })
        : warning({
            cause: 'Requests of this server are refused as too many.',
            fix: 'Raise the limit of the proxy for this address (nginx limit_req, fail2ban, a web application firewall), or, where Nextcloud itself limits: check the rate limits of its apps.',
            facts: { asked: probe.statuses.length, refused: limited },
          }),
    );
  },
};

/** What the OCS API tells without a login. */
export const API_CHECKS: readonly Check<ServerSnapshot>[] = [
  ocs,
  throttle,
  publicUrl,
  publicName,
  activityApp,
  webhookApp,
];

/** Unknown routes of OCS are 404 even without authentication. */
async function hasRoute({ probe }: ServerSnapshot, route: string): Promise<boolean> {
  const headers = { 'ocs-apirequest': 'true', accept: 'application/json' };
  const { status } = await probe.ask({ path: `/ocs/v2.php${route}?format=json`, headers });
  return status !== 404;
}

function evaluateThrottle(capabilities: unknown): Finding {
  const bruteforce = findField(findField(capabilities, 'capabilities'), 'bruteforce');
  const delayMs = findField(bruteforce, 'delay');
  if (typeof delayMs !== 'number') return skipped('Nextcloud does not tell its brute-force delay.');
  const facts = { delay_ms: delayMs, is_allow_listed: findField(bruteforce, 'allow-listed') === true };
  if (delayMs === 0) return ok(facts);
  const trouble = {
    cause:
      'Wrong passwords came from the address of this server: Nextcloud makes every login by password from there wait, whoever it is.',
    fix: 'Find out who sends wrong passwords (nextcloud.log, "Login failed"). Then: occ security:bruteforce:reset ADDRESS, with the address of this server as Nextcloud sees it, and put it on the allow list (app bruteforcesettings: Administration settings, Security). If Nextcloud sees the address of a proxy, name that in trusted_proxies.',
    facts,
  };
  return delayMs >= HARD_DELAY_MS ? fault(trouble) : warning(trouble);
}

/** The logo is an absolute URL that Nextcloud builds as it builds links, redirects and issuers. */
function evaluatePublicUrl({ settings }: ServerSnapshot, capabilities: unknown): Finding {
  const logo = findText(findField(findField(capabilities, 'capabilities'), 'theming'), 'logo');
  const built = logo === null ? null : URL.parse(logo);
  if (built === null || settings.url === undefined) return skipped('Nextcloud does not show how it builds its links.');
  const called = new URL(settings.url);
  const shown = new URL(settings.browserUrl ?? settings.url);
  const facts = { built: built.origin, called: called.origin, public: shown.origin };
  if (built.origin === shown.origin) return ok(facts);
  if (built.host === shown.host && shown.protocol === 'https:') {
    return warning({
      cause: 'Nextcloud builds its links with http, although browsers reach it by https.',
      fix: 'occ config:system:set overwriteprotocol --value=https',
      facts,
    });
  }
  if (built.origin === called.origin)
    return ok(facts, 'Nextcloud builds its links from the name it is called by; the public address is put in here.');
  return warning({
    cause: 'Nextcloud builds its links with an address that is neither the one it is called by nor its public one.',
    fix: `Either set NEXTCLOUD_PUBLIC_URL to the address that browsers use, or correct overwritehost and overwriteprotocol in Nextcloud, for example: occ config:system:set overwritehost --value=${shown.host}`,
    facts,
  });
}
