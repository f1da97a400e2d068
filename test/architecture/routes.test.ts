// Who may call what, for every route of the running application; and that no handler takes what nobody has checked.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import { ADMIN_SCOPES, SCOPES, type Scope } from '../../src/access/scopes.ts';
import { openApiDocument } from '../../src/http/openapi.ts';
import { impliedProblems, routeHandlers } from '../../src/http/route-problems.ts';
import { declaredProblems } from '../../src/problem/problems.decorator.ts';
import { sharedTestApp, type TestApp } from '../support/test-app.ts';
import { routesOf, type Route } from './routes.ts';

/** Open to everybody. A route is added here in the commit that opens it, and a reviewer sees the line. */
const PUBLIC = [
  'GET /api/auth/oidc/:provider/callback',
  'GET /api/auth/oidc/:provider/login',
  'GET /api/auth/oidc/providers',
  'GET /auth/callback',
  'GET /auth/login',
  'GET /health',
  'GET /metrics',
  'GET /ready',
  'POST /api/auth/accept-invitation',
  'POST /api/auth/email/change/confirm',
  'POST /api/auth/email/resend',
  'POST /api/auth/email/verify',
  'POST /api/auth/login',
  'POST /api/auth/mfa/challenge',
  'POST /api/auth/mfa/challenge/passkey',
  'POST /api/auth/mfa/enrolment',
  'POST /api/auth/mfa/enrolment/confirm',
  'POST /api/auth/oidc/:provider/backchannel-logout',
  'POST /api/auth/oidc/exchange',
  'POST /api/auth/oidc/link',
  'POST /api/auth/passkeys/challenge-options',
  'POST /api/auth/passkeys/login',
  'POST /api/auth/passkeys/login-options',
  'POST /api/auth/password/forgot',
  'POST /api/auth/password/reset',
  'POST /api/auth/refresh',
  'POST /api/auth/register',
  'POST /api/auth/set-up',
  'POST /api/auth/tokens/exchange',
  'POST /api/auth/tokens/revoke',
  'POST /api/integrations/nextcloud/webhooks',
];

/** No part of the API, hence not in its document. */
const HIDDEN = [
  'GET /metrics',
  'POST /api/auth/tokens/authorize',
  'POST /api/auth/tokens/exchange',
  'POST /api/auth/tokens/revoke',
];

/** Closed to everybody but administrators. */
const ADMIN_ONLY = [
  'DELETE /api/integrations/nextcloud/users/:id',
  'DELETE /api/integrations/nextcloud/users/:id/groups/:group',
  'DELETE /api/users/:user_id',
  'GET /api/admin/audit',
  'GET /api/admin/audit/export',
  'GET /api/admin/audit/verify',
  'GET /api/admin/jobs',
  'GET /api/integrations/nextcloud/groups',
  'GET /api/integrations/nextcloud/provisionings',
  'GET /api/integrations/nextcloud/users',
  'GET /api/integrations/nextcloud/users/:id',
  'GET /api/users',
  'GET /api/users/:user_id',
  'POST /api/integrations/nextcloud/groups',
  'POST /api/integrations/nextcloud/provisionings/:user_id/retry',
  'POST /api/integrations/nextcloud/users',
  'POST /api/integrations/nextcloud/users/:id/disable',
  'POST /api/integrations/nextcloud/users/:id/enable',
  'POST /api/users/:user_id/erase',
  'POST /api/users/:user_id/invitation',
  'POST /api/users/:user_id/password-reset',
  'POST /api/users/:user_id/reactivate',
  'POST /api/users/:user_id/sessions/revoke',
  'POST /api/users/invitations',
  'PUT /api/integrations/nextcloud/users/:id',
  'PUT /api/integrations/nextcloud/users/:id/groups/:group',
  'PUT /api/users/:user_id',
];

/**
 * Open to sessions only: they change how somebody logs in, or hand out a credential. Every other guarded route declares
 * the scope that a personal access token needs.
 */
const SESSION_ONLY = [
  'DELETE /api/auth/identities/:id',
  'DELETE /api/auth/mfa/totp',
  'DELETE /api/auth/passkeys/:id',
  'DELETE /api/auth/sessions',
  'DELETE /api/auth/sessions/:id',
  'DELETE /api/auth/tokens/:id',
  'DELETE /api/integrations/nextcloud/account',
  'DELETE /api/integrations/nextcloud/users/:id',
  'DELETE /api/users/me',
  'GET /api/auth/identities',
  'GET /api/auth/me',
  'GET /api/auth/mfa',
  'GET /api/auth/passkeys',
  'GET /api/auth/session',
  'GET /api/auth/sessions',
  'GET /api/auth/tokens',
  'GET /api/integrations/nextcloud/link/:id',
  'PATCH /api/auth/passkeys/:id',
  'PATCH /api/auth/sessions/:id',
  'POST /api/auth/email/change',
  'POST /api/auth/identities',
  'POST /api/auth/logout',
  'POST /api/auth/mfa/recovery-codes',
  'POST /api/auth/mfa/totp',
  'POST /api/auth/mfa/totp/confirm',
  'POST /api/auth/oidc/:provider/link',
  'POST /api/auth/oidc/logout',
  'POST /api/auth/passkeys',
  'POST /api/auth/passkeys/registration-options',
  'POST /api/auth/step-up',
  'POST /api/auth/step-up/passkey-options',
  'POST /api/auth/tokens',
  'POST /api/auth/tokens/authorize',
  'POST /api/integrations/nextcloud/account/rotate',
  'POST /api/integrations/nextcloud/link',
  'POST /api/users/:user_id/erase',
  'PUT /api/integrations/nextcloud/account',
  'PUT /api/users/me',
  'PUT /api/users/me/password',
];

/** Open only for a few minutes after a proof of identity: they change how somebody logs in, or cannot be undone. */
const STEP_UP = [
  'DELETE /api/auth/identities/:id',
  'DELETE /api/auth/mfa/totp',
  'DELETE /api/auth/passkeys/:id',
  'DELETE /api/integrations/nextcloud/users/:id',
  'DELETE /api/users/me',
  'POST /api/auth/email/change',
  'POST /api/auth/mfa/recovery-codes',
  'POST /api/auth/mfa/totp',
  'POST /api/auth/oidc/:provider/link',
  'POST /api/auth/passkeys/registration-options',
  'POST /api/auth/tokens',
  'POST /api/auth/tokens/authorize',
  'POST /api/users/:user_id/erase',
];

/** Asked for a signature on servers that have keys for it: what a stolen token of an administrator must not be able to do. */
const SIGNED = [
  'DELETE /api/integrations/nextcloud/users/:id',
  'GET /api/admin/audit/export',
  'POST /api/users/:user_id/erase',
  'PUT /api/users/:user_id',
];

interface DocumentedOperation {
  readonly 'x-required-scope'?: string;
  readonly 'x-step-up-required'?: boolean;
  readonly 'x-signed-request'?: boolean;
  readonly security?: readonly Record<string, unknown>[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const ID = '0198f1a0-0000-7000-8000-000000000000';

let app: TestApp;
let routes: Route[];

beforeAll(async () => {
  app = await sharedTestApp();
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

  it('is for sessions only on the routes listed here; every other guarded route names a scope', () => {
    const guarded = routes.filter(({ isPublic }) => !isPublic);
    expect(guarded.filter(({ scope }) => scope === undefined).map(({ name }) => name)).toEqual(SESSION_ONLY);
    expect(routes.filter(({ isPublic, scope }) => isPublic && scope !== undefined)).toEqual([]);
  });

  it('X-auth17 has a scope of administrators where administrators are meant, and offers no scope that opens nothing', () => {
    const scoped = routes.flatMap(({ scope, isAdminOnly }) => (scope === undefined ? [] : [{ scope, isAdminOnly }]));
    expect(scoped.filter(({ scope, isAdminOnly }) => ADMIN_SCOPES.has(scope as Scope) !== isAdminOnly)).toEqual([]);
    expect([...new Set(scoped.map(({ scope }) => scope))].sort()).toEqual(Object.keys(SCOPES).sort());
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

describe('step-up', () => {
  it('P4: is asked for on the routes listed here and on no other, and the OpenAPI document says so', () => {
    expect(routes.filter(({ needsStepUp }) => needsStepUp).map(({ name }) => name)).toEqual(STEP_UP);
    const documented = Object.entries(openApiDocument(app.app).paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, DocumentedOperation>)
        .filter(([, operation]) => operation['x-step-up-required'] === true && '403' in operation.responses)
        .map(([method]) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual(STEP_UP.filter((name) => !HIDDEN.includes(name)));
  });

  it('P4: keeps out sessions whose user proved too long ago who he is, before anything else is looked at', async () => {
    const account = { email: 'late@clinic.example', password: 'a quiet river in spring' };
    await post('/api/auth/register', { ...account, full_name: 'A User' });
    const { access_token: token } = await post('/api/auth/login', account);
    const { database } = app;
    await database.read((em) => em.execute("update users set is_admin = true where email = 'late@clinic.example'"));
    await database.read((em) => em.execute("update sessions set authenticated_at = now() - interval '1 hour'"));
    const answers = await Promise.all(
      routes
        .filter(({ needsStepUp }) => needsStepUp)
        .map(async ({ name, method, path }) => {
          const headers = { authorization: `Bearer ${String(token)}` };
          const response = await fetch(app.url + path.replace(/:\w+/g, ID), { method, headers });
          return [name, ((await response.json()) as { code?: string }).code];
        }),
    );
    expect(answers).toEqual(STEP_UP.map((name) => [name, 'step-up-required']));
  });
});

describe('signatures', () => {
  it('N12: are asked for on the routes listed here and on no other, and the OpenAPI document says so', () => {
    expect(routes.filter(({ needsSignature }) => needsSignature).map(({ name }) => name)).toEqual(SIGNED);
    const documented = Object.entries(openApiDocument(app.app).paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, DocumentedOperation>)
        .filter(([, operation]) => operation['x-signed-request'] === true && '401' in operation.responses)
        .map(([method]) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual(SIGNED);
  });
});

describe('OpenAPI document', () => {
  it('S28 has every route of the application and no other', () => {
    const documented = Object.entries(openApiDocument(app.app).paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const shown = routes.map(({ name }) => name).filter((name) => !HIDDEN.includes(name));
    expect(documented.sort()).toEqual(shown);
  });

  it('X-auth17 says of every operation which scope it needs and which tokens open it, as the guard enforces it', () => {
    const documented = Object.entries(openApiDocument(app.app).paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, DocumentedOperation>).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
        scope: operation['x-required-scope'],
        schemes: (operation.security ?? [{ bearer: [] }]).flatMap((each) => Object.keys(each)).sort(),
        hasRefusal: '403' in operation.responses,
      })),
    );
    const expected = routes.map(({ name, scope, isPublic }) => ({
      name,
      scope,
      schemes: isPublic ? [] : ['bearer'],
    }));
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    const withoutRefusals = documented.map(({ name, scope, schemes }) => ({ name, scope, schemes })).sort(byName);
    // The probes have no 401 to speak of and say nothing of security.
    const isProbe = ({ name }: { name: string }): boolean => / \/(health|ready)$/.test(name) || HIDDEN.includes(name);
    expect(withoutRefusals.filter((each) => !isProbe(each))).toEqual(expected.filter((each) => !isProbe(each)));
    expect(documented.filter(({ scope, hasRefusal }) => scope !== undefined && !hasRefusal)).toEqual([]);
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

describe('problems', () => {
  it('are declared only where the kind of the route does not imply them', () => {
    const repeated = routeHandlers(app.app.get(ModulesContainer)).flatMap((route) => {
      const { controller, member, handler } = route;
      const implied = impliedProblems(route);
      const codes = declaredProblems(controller, handler).filter((code) => implied.has(code));
      return codes.map((code) => `${controller.name}.${member}: ${code}`);
    });
    expect(repeated).toEqual([]);
  });
});

function hasRules(type: Route['arguments'][number]['type']): boolean {
  return (
    typeof type === 'function' &&
    type !== Object &&
    getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0
  );
}
