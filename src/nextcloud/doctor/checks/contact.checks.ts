import type { DomainError } from '../../../problem/domain-error.ts';
import { reasonOf } from '../check-runner.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';
import type { ServerSnapshot } from '../server-snapshot.ts';
import { tlsDiagnosis } from './tls-diagnosis.ts';

const NAME_REASONS = new Set(['enotfound', 'eai_again', 'eai_nodata', 'eai_noname', 'no-address']);
const NOT_A_BASE = /\/(remote\.php|ocs|index\.php|status\.php|webdav|caldav|carddav|dav)(\/|$)/i;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Is a Nextcloud configured, and does its address look like one? */
const configured: Check<ServerSnapshot> = {
  id: 'configured',
  title: 'A Nextcloud is configured',
  run: ({ settings }) =>
    Promise.resolve(
      settings.url === undefined
        ? skipped('No Nextcloud is configured.', 'Set NEXTCLOUD_URL to the base address of Nextcloud and restart.')
        : ok({ url: settings.url, public_url: settings.browserUrl ?? settings.url }),
    ),
};

const baseUrl: Check<ServerSnapshot> = {
  id: 'base-url',
  title: 'The address is the base address of Nextcloud',
  needs: ['configured'],
  run: ({ settings }) => Promise.resolve(evaluateBaseUrl(settings.url ?? '')),
};

const dns: Check<ServerSnapshot> = {
  id: 'dns',
  title: 'The name of the Nextcloud server is known',
  needs: ['configured'],
  run: async (snapshot) => {
    const { failure } = await snapshot.contact();
    if (failure === null || !NAME_REASONS.has(reasonOf(failure))) return ok({ host: hostOf(snapshot) });
    return fault({
      cause: 'The host name in NEXTCLOUD_URL has no address.',
      fix: `Check the spelling of "${hostOf(snapshot)}" and the DNS of this machine; inside a container "localhost" is the container itself: use the name of the service, or host.docker.internal.`,
      facts: { host: hostOf(snapshot), reason: reasonOf(failure) },
    });
  },
};

const connection: Check<ServerSnapshot> = {
  id: 'connection',
  title: 'Nextcloud can be connected to',
  needs: ['dns'],
  run: async (snapshot) => {
    const { failure } = await snapshot.contact();
    if (failure === null || failure.code === 'upstream-tls-failure') return ok({ host: hostOf(snapshot) });
    return noConnection(failure, hostOf(snapshot));
  },
};

const tls: Check<ServerSnapshot> = {
  id: 'tls',
  title: 'The connection is encrypted and the certificate is good',
  needs: ['connection'],
  run: async (snapshot) => {
    const { answer, failure } = await snapshot.contact();
    if (failure !== null) return tlsDiagnosis(failure, hostOf(snapshot));
    const url = new URL(snapshot.probe.baseUrl);
    if (url.protocol === 'https:') return encrypted(snapshot);
    if (/SSL-enabled server port/i.test(answer.bodyText)) {
      return fault({
        cause: 'The port speaks TLS, and NEXTCLOUD_URL says http.',
        fix: `Set NEXTCLOUD_URL=https://${url.host}${url.pathname === '/' ? '' : url.pathname}`,
      });
    }
    if (LOOPBACK.test(url.hostname)) return ok({ protocol: 'http' }, 'Not encrypted: it does not leave this machine.');
    if (snapshot.settings.allowsHttp) return ok({ protocol: 'http' }, 'Not encrypted: NEXTCLOUD_ALLOW_HTTP allows it.');
    return warning({
      cause: 'Nextcloud is spoken to without encryption.',
      fix: 'Set NEXTCLOUD_URL to an https address; production refuses http unless NEXTCLOUD_ALLOW_HTTP=true.',
      facts: { protocol: 'http' },
    });
  },
};

/** Everything up to the first answer. */
export const CONTACT_CHECKS: readonly Check<ServerSnapshot>[] = [configured, baseUrl, dns, connection, tls];

function hostOf({ settings }: ServerSnapshot): string {
  return new URL(settings.url ?? 'http://unset').hostname;
}

/** The pin costs a connection of its own, so it is shown on request only. */
async function encrypted({ probe, depth }: ServerSnapshot): Promise<Finding> {
  const [pin] = depth.isDeep ? await probe.pins() : [];
  return ok({ protocol: 'https', ...(pin !== undefined && { pin }) });
}

function evaluateBaseUrl(url: string): Finding {
  const found = NOT_A_BASE.exec(new URL(url).pathname);
  if (found === null) return ok({ url });
  const base = url.slice(0, url.indexOf(found[0]));
  return fault({
    cause: 'NEXTCLOUD_URL holds a path of an API; the paths of the APIs are added by this server.',
    fix: `Set NEXTCLOUD_URL=${base}`,
    facts: { url },
  });
}

function noConnection(failure: DomainError, host: string): Finding {
  const facts = { host, problem: failure.code, reason: reasonOf(failure) };
  if (failure.code === 'upstream-refused-address') {
    return fault({
      cause: 'The host name leads to an address that is never connected to.',
      fix: 'NEXTCLOUD_URL must not lead to a multicast, broadcast or unspecified address (0.0.0.0); name the real one.',
      facts,
    });
  }
  if (failure.code === 'upstream-timeout') {
    return fault({
      cause: 'Nextcloud does not answer in time.',
      fix: `Is the server up, and does a firewall let this machine through to it? Try: curl -v ${host}`,
      facts,
    });
  }
  if (failure.code === 'upstream-protocol-error') {
    return fault({
      cause: 'What answers there is no web server, or it speaks TLS where plain HTTP was expected.',
      fix: 'Check scheme and port of NEXTCLOUD_URL.',
      facts,
    });
  }
  return fault({
    cause: 'The connection is refused or broken off.',
    fix: 'Is Nextcloud running, and is the port in NEXTCLOUD_URL the right one as seen from this machine or container? Its first start takes some minutes.',
    facts,
  });
}
