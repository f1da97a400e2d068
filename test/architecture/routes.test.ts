// Who may call what, for every route of the running application; and that no handler takes what nobody has checked.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getMetadataStorage } from 'class-validator';
import { openApiDocument } from '../../src/http/openapi.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { routesOf, type Route } from './routes.ts';

/** Open to everybody. A route is added here in the commit that opens it, and a reviewer sees the line. */
const PUBLIC = [
  'GET /health',
  'GET /ready',
  'POST /api/auth/login',
  'POST /api/auth/refresh',
  'POST /api/auth/register',
];

/** Closed to everybody but administrators. */
const ADMIN_ONLY = [
  'DELETE /api/users/:user_id',
  'GET /api/admin/audit',
  'GET /api/admin/audit/verify',
  'GET /api/users',
  'GET /api/users/:user_id',
  'POST /api/users/:user_id/reactivate',
  'POST /api/users/:user_id/sessions/revoke',
  'PUT /api/users/:user_id',
];

const ID = '0198f1a0-0000-7000-8000-000000000000';

let app: TestApp;
let routes: Route[];

beforeAll(async () => {
  app = await startTestApp();
  routes = routesOf(app.app);
});
afterAll(() => app.close());

/** Calls each route with an empty request and collects what is not the expected status. */
async function answersOtherThan(status: number, called: readonly Route[], headers: Record<string, string>) {
  const answers = await Promise.all(
    called.map(async ({ name, method, path }) => {
      const response = await fetch(app.url + path.replace(/:\w+/g, ID), { method, headers });
      return `${name}: ${response.status}`;
    }),
  );
  return answers.filter((answer) => !answer.endsWith(`: ${status}`));
}

async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(app.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

describe('access', () => {
  it('is open on the routes listed here and on no other', () => {
    expect(routes.filter(({ isPublic }) => isPublic).map(({ name }) => name)).toEqual(PUBLIC);
  });

  it('is for administrators on the routes listed here and on no other', () => {
    expect(routes.filter(({ isAdminOnly }) => isAdminOnly).map(({ name }) => name)).toEqual(ADMIN_ONLY);
  });

  it('S28 is refused with 401 to everybody without a token, on every route that is not open', async () => {
    const closed = routes.filter(({ isPublic }) => !isPublic);
    expect(await answersOtherThan(401, closed, {})).toEqual([]);
  });

  it('S28 is refused with 403 to a user who is no administrator, on every route for administrators', async () => {
    const account = { email: 'user@clinic.example', password: 'a quiet river in spring' };
    await post('/api/auth/register', { ...account, full_name: 'A User' });
    const { access_token: token } = await post('/api/auth/login', account);
    const closed = routes.filter(({ isAdminOnly }) => isAdminOnly);
    expect(await answersOtherThan(403, closed, { authorization: `Bearer ${String(token)}` })).toEqual([]);
  });
});

describe('OpenAPI document', () => {
  it('S28 has every route of the application and no other', () => {
    const documented = Object.entries(openApiDocument(app.app).paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual(routes.map(({ name }) => name));
  });
});

describe('handlers', () => {
  // An `import type` of a DTO compiles, leaves `Object` at run time and silently switches validation off.
  it('take a body, query or parameters as a class with rules, or one member through a pipe', () => {
    const unchecked = routes.flatMap(({ handler, arguments: taken }) =>
      taken
        .filter(({ member, type, hasPipe }) => (member === undefined ? !hasRules(type) : !hasPipe))
        .map(({ source, member }) => [handler, source, member].join(' ')),
    );
    expect(unchecked).toEqual([]);
  });
});

function hasRules(type: Route['arguments'][number]['type']): boolean {
  return (
    typeof type === 'function' &&
    type !== Object &&
    getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0
  );
}
