// S33: a path in another spelling gets the decision of the plain path or none, never an answer without a token.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createUser, type TestUser } from '../../support/api.ts';
import { OPERATIONS } from '../../support/openapi-operations.ts';
import { rawRequest } from '../../support/raw-request.ts';
import { soundRequest } from './hostile-request.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

/** Spellings that a router, a proxy or a framework may take for the same path. */
function spellingsOf(path: string): string[] {
  const last = path.lastIndexOf('/');
  const [, , second = ''] = path.split('/');
  return [
    `/${path}`,
    `//${path}`,
    path.replace('/api/', '/api//'),
    `${path.slice(0, last)}/${path.slice(last)}`,
    `${path}/`,
    `${path}//`,
    `${path};`,
    `${path};a=b`,
    path.replace('/api/', '/api;/'),
    path.replace('/api/', '/API/'),
    path.toUpperCase(),
    path.replace(second, second.charAt(0).toUpperCase() + second.slice(1)),
    path.replace('/api/', '/%61pi/'),
    path.replace('/api/', '/api%2f'),
    path.replace('/api/', '%2Fapi/'),
    path.replace('/api/', '/api%252f'),
    path.replace('/api/', '/api%5c'),
    path.replace('/api/', '/api\\'),
    path.replace('/api/', '/api/./'),
    path.replace('/api/', '/api/x/../'),
    path.replace('/api/', '/api/%2e/'),
    path.replace('/api/', '/health/%2e%2e/api/'),
    path.replace('/api/', '/health/../api/'),
    path.replace('/api/', '/health;/../api/'),
    `${path}/.`,
    `${path}/%2e`,
    `${path}%00`,
    `${path}%20`,
    `${path}%09`,
    `${path}%0a`,
    `${path}%3f`,
    `${path}%23`,
    `${path}.json`,
    `${path}?`,
    `${path}?health`,
    `${path}#health`,
    `http://health.example${path}`,
  ];
}

/** What may move a request to another route, or make a proxy's word count. */
const DETOURS = [
  { 'x-original-url': '/health' },
  { 'x-rewrite-url': '/health' },
  { 'x-forwarded-prefix': '/health' },
  { 'x-http-method-override': 'GET' },
  { 'x-method-override': 'OPTIONS' },
  { 'x-forwarded-for': '127.0.0.1' },
  { 'x-forwarded-user': 'admin' },
  { authorization: 'Basic YWRtaW46YWRtaW4=' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer null' },
  { cookie: 'access_token=x; session=admin' },
];

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  user = await createUser(app);
});
afterAll(() => app.close());

const guarded = OPERATIONS.filter(({ isPublic }) => !isPublic);

describe('S33 a guarded path in another spelling', () => {
  it.each(guarded.map(({ name }, index) => [name, index] as const))(
    '%s never opens without a token',
    async (_, index) => {
      const request = soundRequest(guarded[index]!);
      const opened: string[] = [];
      for (const path of spellingsOf(request.path)) {
        const { status } = await rawRequest(app.url, { ...request, path });
        if (![400, 401, 404, 405].includes(status)) opened.push(`${path}: ${status}`);
      }
      for (const headers of DETOURS) {
        const { status } = await rawRequest(app.url, { ...request, headers: { ...request.headers, ...headers } });
        if (status !== 401) opened.push(`${JSON.stringify(headers)}: ${status}`);
      }
      expect(opened).toEqual([]);
    },
  );

  it('never opens an operation for administrators to a user', async () => {
    const opened: string[] = [];
    for (const operation of guarded.filter(({ isAdminOnly }) => isAdminOnly)) {
      const request = soundRequest(operation);
      const headers = { ...request.headers, authorization: `Bearer ${user.access_token}` };
      for (const path of spellingsOf(request.path)) {
        const { status } = await rawRequest(app.url, { ...request, headers, path });
        if (![400, 403, 404, 405].includes(status)) opened.push(`${operation.name} as ${path}: ${status}`);
      }
    }
    expect(opened).toEqual([]);
  });

  it('asks for a token under every method that the router knows', async () => {
    const opened: string[] = [];
    for (const path of new Set(guarded.map((operation) => soundRequest(operation).path))) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY']) {
        const { status } = await rawRequest(app.url, { method, path });
        if (status < 400 || status >= 500) opened.push(`${method} ${path}: ${status}`);
      }
    }
    expect(opened).toEqual([]);
  });
});
