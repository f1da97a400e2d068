import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Authentication } from './authentication.ts';
import type { Exchange } from './exchange.ts';
import { deleteAppPassword, issueAppPassword, rotateAppPassword } from './ocs-app-password.ts';
import { capabilities } from './ocs-capabilities.ts';
import { appointSubAdmin, changeMembership, createGroup, listGroups } from './ocs-groups.ts';
import { ocsAnswer, unauthorisedXml } from './ocs-envelope.ts';
import type { OcsResult } from './ocs-envelope.ts';
import { changeUser, createUser, editUser, listDetails, listUsers, profileOf, readUser } from './ocs-users.ts';
import type { ServerState } from './server-state.ts';

type SignedIn = Extract<Authentication, { kind: 'user' }>;

interface OcsRequest {
  readonly exchange: Exchange;
  readonly state: ServerState;
  readonly signedIn: SignedIn;
  /** The user id in the path; empty for routes without one. */
  readonly uid: string;
}

interface Operation {
  readonly needs: 'a login' | 'a confirmed password' | 'an administrator' | 'a confirming administrator';
  readonly run: (request: OcsRequest) => OcsResult | Promise<OcsResult>;
}

const NOT_LOGGED_IN: OcsResult = { code: 997, message: 'Current user is not logged in' };
const NOT_ADMIN: OcsResult = { code: 403, message: 'Logged in user must be at least a sub admin' };
const NEEDS_PASSWORD: OcsResult = { code: 403, message: 'Password confirmation is required' };
const UNKNOWN_ROUTE: OcsResult = {
  code: 404,
  message:
    'Invalid query, please check the syntax. API specifications are here: ' +
    'http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n',
};

const FEED = /^\/apps\/activity\/api\/v2\/activity(\/(all|files))?$/;

const ROUTES: readonly [RegExp, Readonly<Record<string, Operation>>][] = [
  [
    FEED,
    {
      GET: {
        needs: 'a login',
        run: ({ exchange, signedIn, state }) => state.activity.answer(signedIn.account.uid, exchange.query),
      },
    },
  ],
  [/^\/cloud\/user$/, { GET: { needs: 'a login', run: readSelf } }],
  [
    /^\/cloud\/users$/,
    {
      GET: {
        needs: 'an administrator',
        run: ({ exchange, signedIn, state }) => listUsers(exchange, signedIn.account, state),
      },
      POST: {
        needs: 'a confirming administrator',
        run: ({ exchange, signedIn, state }) => createUser(exchange, signedIn.account, state),
      },
    },
  ],
  [
    /^\/cloud\/users\/details$/,
    {
      GET: {
        needs: 'an administrator',
        run: ({ exchange, signedIn, state }) => listDetails(exchange, signedIn.account, state),
      },
    },
  ],
  [
    /^\/cloud\/groups$/,
    {
      GET: { needs: 'an administrator', run: ({ exchange, state }) => listGroups(exchange, state) },
      POST: {
        needs: 'a confirming administrator',
        run: ({ exchange, signedIn, state }) => createGroup(exchange, signedIn.account, state),
      },
    },
  ],
  [
    /^\/cloud\/users\/([^/]+)\/groups$/,
    {
      POST: { needs: 'a confirming administrator', run: (request) => member(request, true) },
      DELETE: { needs: 'a confirming administrator', run: (request) => member(request, false) },
    },
  ],
  [
    /^\/cloud\/users\/([^/]+)\/subadmins$/,
    {
      POST: {
        needs: 'a confirming administrator',
        run: ({ exchange, signedIn, uid, state }) =>
          appointSubAdmin(exchange, { caller: signedIn.account, uid }, state),
      },
    },
  ],
  [
    /^\/cloud\/users\/([^/]+)$/,
    {
      GET: { needs: 'a login', run: ({ signedIn, uid, state }) => readUser(signedIn.account, uid, state) },
      PUT: { needs: 'a confirmed password', run: edit },
      DELETE: { needs: 'a confirming administrator', run: (request) => change(request, 'delete') },
    },
  ],
  [
    /^\/cloud\/users\/([^/]+)\/enable$/,
    { PUT: { needs: 'a confirming administrator', run: (request) => change(request, 'enable') } },
  ],
  [
    /^\/cloud\/users\/([^/]+)\/disable$/,
    { PUT: { needs: 'a confirming administrator', run: (request) => change(request, 'disable') } },
  ],
  [
    /^\/core\/getapppassword$/,
    {
      GET: {
        needs: 'a confirmed password',
        run: ({ exchange, signedIn, state }) => issueAppPassword(exchange, signedIn, state),
      },
    },
  ],
  [
    /^\/core\/apppassword$/,
    { DELETE: { needs: 'a login', run: ({ signedIn, state }) => deleteAppPassword(signedIn.appPassword, state) } },
  ],
  [
    /^\/core\/apppassword\/rotate$/,
    { POST: { needs: 'a login', run: ({ signedIn, state }) => rotateAppPassword(signedIn, state) } },
  ],
];

/** Answers everything below `/ocs/v1.php` and `/ocs/v2.php`; null for other paths. */
export async function answerOcs(exchange: Exchange, state: ServerState): Promise<Answer | null> {
  const route = /^\/ocs\/v[12]\.php(\/.*)?$/.exec(exchange.path)?.[1] ?? '/';
  if (!/^\/ocs\/v[12]\.php(\/|$)/.test(exchange.path)) return null;
  if (state.faults.isInMaintenance || state.faults.needsDbUpgrade) return maintenance(exchange);
  const authentication = state.authenticator.authenticate(exchange);
  if (authentication.kind === 'blocked') return ocsAnswer(exchange, { code: 429, message: 'Reached maximum delay' });
  if (authentication.kind === 'refused-basic' || authentication.kind === 'disabled') return unauthorisedXml();
  if (route === '/cloud/capabilities' && exchange.method === 'GET') {
    return isForged(exchange, authentication)
      ? csrfFailed()
      : ocsAnswer(exchange, capabilities(exchange, state, authentication.kind === 'user'));
  }
  return answerOperation(route, { exchange, state, authentication });
}

async function answerOperation(
  path: string,
  request: { exchange: Exchange; state: ServerState; authentication: Authentication },
): Promise<Answer> {
  const { exchange, state, authentication } = request;
  const isMissing = state.faults.isActivityOff && FEED.test(path);
  const route = isMissing ? undefined : ROUTES.find(([pattern]) => pattern.test(path));
  if (route === undefined && path !== '/cloud/capabilities') return ocsAnswer(exchange, UNKNOWN_ROUTE);
  const operation = route?.[1][exchange.method];
  if (operation === undefined) return { status: 405, headers: { 'Content-Type': 'application/json; charset=utf-8' } };
  if (authentication.kind !== 'user') return ocsAnswer(exchange, NOT_LOGGED_IN);
  if (isForged(exchange, authentication)) return csrfFailed();
  if (operation.needs.includes('confirm') && authentication.isBearer) return ocsAnswer(exchange, NEEDS_PASSWORD);
  const { isAdmin, subadminOf } = authentication.account;
  if (operation.needs.endsWith('administrator') && !isAdmin && subadminOf.size === 0) {
    return ocsAnswer(exchange, NOT_ADMIN);
  }
  const uid = decodeURIComponent(route?.[0].exec(path)?.[1] ?? '');
  return ocsAnswer(exchange, await operation.run({ exchange, state, signedIn: authentication, uid }));
}

/** Only Bearer requests may come without the header; everybody else could be a browser that was tricked. */
function isForged(exchange: Exchange, authentication: Authentication): boolean {
  const isBearer =
    authentication.kind === 'refused-bearer' || (authentication.kind === 'user' && authentication.isBearer);
  return !isBearer && exchange.header('ocs-apirequest') === null;
}

function csrfFailed(): Answer {
  return jsonAnswer(412, { message: 'CSRF check failed' });
}

function readSelf({ signedIn, state }: OcsRequest): OcsResult {
  return { code: 200, data: profileOf(signedIn.account, signedIn.account, state) };
}

function edit({ exchange, signedIn, uid, state }: OcsRequest): Promise<OcsResult> {
  return editUser(exchange, { caller: signedIn.account, uid }, state);
}

function member({ exchange, signedIn, uid, state }: OcsRequest, isMember: boolean): Promise<OcsResult> {
  return changeMembership({ exchange, caller: signedIn.account, uid }, isMember, state);
}

function change({ signedIn, uid, state }: OcsRequest, action: 'delete' | 'enable' | 'disable'): OcsResult {
  return changeUser(signedIn.account, { uid, action }, state);
}

/** v1 and v2 alike. */
function maintenance(exchange: Exchange): Answer {
  const answer = ocsAnswer(exchange, { code: 503, message: 'Service unavailable' });
  return { ...answer, status: 503, headers: { ...answer.headers, 'X-Nextcloud-Maintenance-Mode': '1' } };
}
