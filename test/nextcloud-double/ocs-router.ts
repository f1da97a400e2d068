import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Authentication } from './authentication.ts';
import type { Exchange } from './exchange.ts';
import { deleteAppPassword, issueAppPassword, rotateAppPassword } from './ocs-app-password.ts';
import { capabilities } from './ocs-capabilities.ts';
import { ocsAnswer, unauthorisedXml } from './ocs-envelope.ts';
import type { OcsResult } from './ocs-envelope.ts';
import { changeUser, createUser, listUsers, profileOf, readUser } from './ocs-users.ts';
import type { ServerState } from './server-state.ts';

const NOT_LOGGED_IN: OcsResult = { code: 997, message: 'Current user is not logged in' };
const NOT_ADMIN: OcsResult = { code: 403, message: 'Logged in user must be at least a sub admin' };
const NEEDS_PASSWORD: OcsResult = { code: 403, message: 'Password confirmation is required' };
const UNKNOWN_ROUTE: OcsResult = {
  code: 404,
  message:
    'Invalid query, please check the syntax. API specifications are here: ' +
    'http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n',
};

/** Answers everything below `/ocs/v1.php` and `/ocs/v2.php`; null for other paths. */
export async function answerOcs(exchange: Exchange, state: ServerState): Promise<Answer | null> {
  const route = /^\/ocs\/v[12]\.php(\/.*)?$/.exec(exchange.path);
  if (route === null) return null;
  if (state.faults.isInMaintenance || state.faults.needsDbUpgrade) return maintenance(exchange);
  const authentication = state.authenticator.authenticate(exchange);
  const early = refuse(exchange, authentication);
  if (early !== null) return early;
  return ocsAnswer(exchange, await dispatch(route[1] ?? '/', { exchange, state, authentication }));
}

/** @returns the answer to requests that reach no handler; null to go on. */
function refuse(exchange: Exchange, authentication: Authentication): Answer | null {
  if (authentication.kind === 'blocked') {
    return ocsAnswer(exchange, { code: 429, message: 'Reached maximum delay' });
  }
  if (authentication.kind === 'refused-basic' || authentication.kind === 'disabled') return unauthorisedXml();
  const isProtected = exchange.header('ocs-apirequest') !== null || authentication.kind === 'refused-bearer';
  const isBearer = authentication.kind === 'user' && authentication.isBearer;
  // The login is checked first, so a stranger hears of the missing header only where no login is needed.
  const isReachable = authentication.kind === 'user' || exchange.path.endsWith('/cloud/capabilities');
  return isProtected || isBearer || !isReachable ? null : jsonAnswer(412, { message: 'CSRF check failed' });
}

interface OcsRequest {
  readonly exchange: Exchange;
  readonly state: ServerState;
  readonly authentication: Authentication;
}

async function dispatch(route: string, request: OcsRequest): Promise<OcsResult> {
  const { exchange, state, authentication } = request;
  if (route === '/cloud/capabilities' && exchange.method === 'GET') return capabilities(exchange, state);
  const operation = /^\/cloud\/users?(\/|$)|^\/core\/(getapppassword$|apppassword(\/|$))/.test(route);
  if (!operation) return UNKNOWN_ROUTE;
  if (authentication.kind !== 'user') return NOT_LOGGED_IN;
  if (route === '/cloud/user')
    return { code: 200, data: profileOf(authentication.account, authentication.account, state) };
  if (route.startsWith('/core/')) return core(`${exchange.method} ${route}`, { ...request, authentication });
  return users(route, { ...request, authentication });
}

type SignedInRequest = OcsRequest & { readonly authentication: Extract<Authentication, { kind: 'user' }> };

function core(operation: string, { exchange, state, authentication }: SignedInRequest): OcsResult {
  if (operation === 'GET /core/getapppassword') return issueAppPassword(exchange, authentication, state);
  if (operation === 'POST /core/apppassword/rotate') return rotateAppPassword(authentication, state);
  if (operation === 'DELETE /core/apppassword') return deleteAppPassword(authentication.appPassword, state);
  return UNKNOWN_ROUTE;
}

async function users(route: string, { exchange, state, authentication }: SignedInRequest): Promise<OcsResult> {
  const caller = authentication.account;
  const [, encodedUid, action] = /^\/cloud\/users(?:\/([^/]+)(?:\/(enable|disable))?)?$/.exec(route) ?? [];
  const uid = decodeURIComponent(encodedUid ?? '');
  if (exchange.method === 'GET' && encodedUid !== undefined && action === undefined)
    return readUser(caller, uid, state);
  // Bearer credentials cannot confirm a password, so every write is refused before anything else is looked at.
  if (exchange.method !== 'GET' && authentication.isBearer) return NEEDS_PASSWORD;
  if (!caller.isAdmin) return NOT_ADMIN;
  if (exchange.method === 'GET' && encodedUid === undefined) return listUsers(exchange, state);
  if (exchange.method === 'POST' && encodedUid === undefined) return createUser(exchange, state);
  if (exchange.method === 'DELETE' && encodedUid !== undefined)
    return changeUser(caller, { uid, action: 'delete' }, state);
  if (exchange.method === 'PUT' && (action === 'enable' || action === 'disable'))
    return changeUser(caller, { uid, action }, state);
  return UNKNOWN_ROUTE;
}

/** v1 and v2 alike. */
function maintenance(exchange: Exchange): Answer {
  const answer = ocsAnswer(exchange, { code: 503, message: 'Service unavailable' });
  return { ...answer, status: 503, headers: { ...answer.headers, 'X-Nextcloud-Maintenance-Mode': '1' } };
}
