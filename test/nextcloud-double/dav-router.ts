import { htmlAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Authentication } from './authentication.ts';
import { answerCalendarHome } from './calendar-home.ts';
import { checkConditions } from './dav-conditions.ts';
import { findNode, openContext } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import {
  davErrorAnswer,
  DavError,
  maintenanceMode,
  notAuthenticated,
  notImplemented,
  tooManyRequests,
  userDisabled,
} from './dav-error.ts';
import { checkIf } from './dav-if.ts';
import { propfind } from './dav-propfind.ts';
import { read } from './dav-read.ts';
import { search } from './dav-search.ts';
import { makeCollection, moveOrCopy, remove } from './dav-structure.ts';
import { answerUpload } from './dav-uploads.ts';
import { put } from './dav-write.ts';
import type { Exchange } from './exchange.ts';
import { hostileXml } from './hostile-xml.ts';
import type { ServerState } from './server-state.ts';

const NO_BASIC =
  "No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured";
const NO_BEARER =
  "No 'Authorization: Bearer' header found. Either the client didn't send one, or the server is mis-configured";
const WRONG_PASSWORD = 'Username or password was incorrect';
const NO_PUBLIC_ACCESS = 'No public access to this resource.';
const ALLOW = 'OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT';

const HANDLERS: Readonly<Record<string, (context: DavContext) => Promise<Answer>>> = {
  PROPFIND: propfind,
  GET: read,
  HEAD: read,
  PUT: put,
  MKCOL: makeCollection,
  DELETE: remove,
  MOVE: moveOrCopy,
  COPY: moveOrCopy,
  SEARCH: search,
  OPTIONS: options,
  REPORT: report,
};

/** Answers everything below `/remote.php/dav` and `/remote.php/webdav`; null for other paths. */
export async function answerDav(exchange: Exchange, state: ServerState): Promise<Answer | null> {
  if (!/^\/remote\.php\/(web)?dav(\/|$)/.test(exchange.path)) return null;
  // Apache refuses encoded slashes and NULs before the application sees them.
  if (/%(2f|00)/i.test(exchange.path)) return htmlAnswer(404, '404 Not Found');
  try {
    if (state.faults.isInMaintenance || state.faults.needsDbUpgrade) throw maintenanceMode();
    const account = accountOf(state.authenticator.authenticate(exchange));
    if (state.faults.hostileXml !== null) {
      const headers = { 'Content-Type': 'application/xml; charset=utf-8' };
      return { status: 207, headers, body: hostileXml(state.faults.hostileXml) };
    }
    const upload = await answerUpload(exchange, state, account);
    if (upload !== null) return upload;
    const calendarHome = answerCalendarHome(exchange, state, account);
    if (calendarHome !== null) return calendarHome;
    const handler = HANDLERS[exchange.method];
    if (handler === undefined) throw notImplemented(exchange.method);
    const context = openContext(exchange, state, account);
    checkIf(context);
    return checkConditions(exchange, findNode(context)) ?? (await handler(context));
  } catch (error) {
    if (error instanceof DavError) return davErrorAnswer(error);
    throw error;
  }
}

function accountOf(authentication: Authentication): DavContext['account'] {
  switch (authentication.kind) {
    case 'user':
      return authentication.account;
    case 'disabled':
      throw userDisabled(authentication.isBearer);
    case 'blocked':
      throw tooManyRequests();
    case 'anonymous':
      throw notAuthenticated([NO_PUBLIC_ACCESS, NO_BASIC, NO_BEARER, NO_BASIC].join(', '));
    case 'refused-basic':
      throw notAuthenticated([NO_PUBLIC_ACCESS, WRONG_PASSWORD, NO_BEARER, WRONG_PASSWORD].join(', '));
    case 'refused-bearer':
      throw notAuthenticated([NO_PUBLIC_ACCESS, NO_BASIC, 'Bearer token was incorrect', NO_BASIC].join(', '));
  }
}

async function options(context: DavContext): Promise<Answer> {
  await context.exchange.readBody();
  const isMissing = context.target.kind === 'home' && findNode(context) === null;
  const further = isMissing ? ', MKCOL' : context.target.kind === 'root' ? ', SEARCH' : '';
  return {
    status: 200,
    headers: { Allow: ALLOW + further, 'MS-Author-Via': 'DAV', 'Accept-Ranges': 'bytes', DAV: '1, 3, extended-mkcol' },
  };
}

/** Files know no sync-collection: there is no sync token for them. */
async function report(context: DavContext): Promise<Answer> {
  const body = (await context.exchange.readBody()).toString('utf8');
  const name = /<(?:\w+:)?([\w-]+)[^>]*?xmlns/.exec(body)?.[1] ?? 'unknown';
  throw new DavError(415, 'Sabre\\DAV\\Exception\\ReportNotSupported', {
    message: name === 'sync-collection' ? 'The {DAV:}sync-collection REPORT is not supported on this url.' : '',
    detailXml: '  <d:supported-report/>\n',
  });
}
