import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';

/** Answers status.php: always 200 while the database lives, maintenance or not. */
export function answerStatus(exchange: Exchange, state: ServerState): Answer | null {
  if (exchange.path !== '/status.php') return null;
  const status = {
    installed: !state.faults.isNotInstalled,
    maintenance: state.faults.isInMaintenance,
    needsDbUpgrade: state.faults.needsDbUpgrade,
    version: `${state.faults.version}.0`,
    versionstring: state.faults.version,
    edition: '',
    productname: 'Nextcloud',
    extendedSupport: false,
  };
  const body = JSON.stringify(status);
  return { status: 200, headers: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' }, body };
}

/** Answers what no protocol handler took: discovery redirects, then the web interface's 404. */
export function answerWebPage(exchange: Exchange, state: ServerState): Answer {
  if (/^\/\.well-known\/(caldav|carddav)\/?$/.test(exchange.path)) {
    return { status: 301, headers: { Location: `${exchange.baseUrl}/remote.php/dav/` } };
  }
  if (exchange.path === '/.well-known/openid-configuration') {
    const headers = { 'X-NEXTCLOUD-WELL-KNOWN': '1' };
    return {
      ...jsonAnswer(404, { message: 'openid-configuration not supported' }),
      headers: { ...jsonAnswer(404, {}).headers, ...headers },
    };
  }
  if (state.faults.isInMaintenance || state.faults.needsDbUpgrade) {
    const page = htmlAnswer(503, 'Maintenance mode');
    return { ...page, headers: { ...page.headers, 'Retry-After': '120', 'X-Nextcloud-Maintenance-Mode': '1' } };
  }
  if (exchange.method === 'PROPFIND') return { status: 405 };
  return htmlAnswer(404, 'Page not found');
}

/** @returns the answer of a server that is down, misconfigured or hidden behind something; null when none of it is set. */
export function answerFault(exchange: Exchange, state: ServerState): Answer | null {
  const { faults } = state;
  const scripted = faults.scripted.find(
    (it) =>
      (it.times ?? 1) > 0 &&
      (it.method === undefined || it.method === exchange.method) &&
      (typeof it.path === 'string' ? exchange.path.includes(it.path) : it.path.test(exchange.path)),
  );
  if (scripted !== undefined) {
    scripted.times = (scripted.times ?? 1) - 1;
    return { status: scripted.status, headers: scripted.headers ?? {}, body: scripted.body ?? '' };
  }
  const isPage = !/^\/(status|ocs|remote)/.test(exchange.path);
  if (faults.redirectTo !== null)
    return { status: 302, headers: { Location: faults.redirectTo + (exchange.request.url ?? '/') } };
  if (faults.blocksPropfind && exchange.method === 'PROPFIND') return htmlAnswer(405, '405 Not Allowed');
  if (faults.showsHtmlLogin) return htmlAnswer(200, 'Please log in');
  if (faults.retryAfter503Seconds !== null) {
    const page = htmlAnswer(503, 'Service Unavailable');
    return { ...page, headers: { ...page.headers, 'Retry-After': String(faults.retryAfter503Seconds) } };
  }
  if (faults.isHostUntrusted) {
    return exchange.path === '/status.php'
      ? jsonAnswer(400, { error: 'Trusted domain error.', code: 15 })
      : htmlAnswer(400, 'Access through untrusted domain');
  }
  if (faults.isDatabaseDown) return isPage ? htmlAnswer(500, 'Internal Server Error') : databaseDown(exchange);
  return null;
}

function databaseDown(exchange: Exchange): Answer {
  const type = exchange.path.startsWith('/remote.php') ? 'text/plain; charset=utf-8' : 'text/html; charset=UTF-8';
  return { status: 500, headers: { 'Content-Type': type }, body: '' };
}
