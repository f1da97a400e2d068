// What the apps can reach, held against the OpenAPI document of this server.
import { describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../support/openapi-operations.ts';
import { APPS, appText, operationsOf } from './app-sources.ts';

/** Open to everybody; the document does not describe itself. */
const OPEN = ['/health', '/ready', '/openapi.json'];
/** The least that each app can do its work with. */
const SCOPES = {
  voiceassist_client: ['documents:read', 'files:index', 'jobs:read', 'knowledge:query'],
  voiceassist_admin: ['jobs:read', 'nextcloud:read', 'operations:read'],
  voiceassist_docs: [],
};
const ALL = APPS.flatMap((app) => operationsOf(app).map((operation) => ({ app, ...operation })));

describe('the operations of the Nextcloud apps', () => {
  it.each(ALL.filter(({ path }) => path !== '/openapi.json'))(
    'Q3: $app: $method $path is an operation of this server, with this scope, these parameters and this body',
    ({ method, path, scope, query = [], body = false }) => {
      const operation = OPERATIONS.find(({ name }) => name === `${method} ${path}`);
      expect(operation).toBeDefined();
      expect(operation?.requiredScope ?? null).toBe(scope);
      const known = operation?.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      expect(known).toEqual(expect.arrayContaining([...query]));
      expect(body).toBe(operation?.body !== undefined);
    },
  );

  it('Q3: go without a token where they are open, and only there', () => {
    const withoutToken = ALL.filter(({ scope }) => scope === null).map(({ path }) => path);
    expect(withoutToken.sort()).toEqual([...OPEN].sort());
  });

  it.each(APPS)('Q3: %s asks for the least scopes', (app) => {
    const scopes = new Set(operationsOf(app).flatMap(({ scope }) => scope ?? []));
    expect([...scopes].sort()).toEqual(SCOPES[app]);
  });

  it('Q3: are keyed as the gateway reads them, with no other method than it has routes for', () => {
    const keys = ['app', 'method', 'path', 'scope', 'query', 'body', 'probe', 'cache_seconds'];
    for (const operation of ALL) {
      expect(Object.keys(operation).filter((key) => !keys.includes(key))).toEqual([]);
      const isPost = operation.method === 'POST';
      expect(isPost || operation.method === 'GET').toBe(true);
      expect(appText(`${operation.app}/appinfo/routes.php`).includes("'verb' => 'POST', 'req")).toBe(
        operationsOf(operation.app).some(({ method }) => method === 'POST'),
      );
    }
  });

  it('Q3: a token is tried with operations that only read, and an answer is kept only when it belongs to nobody', () => {
    for (const operation of ALL) {
      if (operation.probe) expect([operation.method, operation.path.includes('{')]).toEqual(['GET', false]);
      if (operation.cache_seconds) expect([operation.scope, operation.query ?? []]).toEqual([null, []]);
    }
  });

  it.each(APPS)('Q3: the README names every operation of %s with its scope, and no other', (app) => {
    const section = appText('README.md').split(`### ${app}\n`)[1]?.split('\n#')[0] ?? '';
    const rows = [...section.matchAll(/^\| `([A-Z]+ [^`]+)` +\| (?:`([^`]+)`|none) +\|/gm)];
    expect(rows.map(([, operation, scope]) => [operation, scope ?? null])).toEqual(
      operationsOf(app).map(({ method, path, scope }) => [`${method} ${path}`, scope]),
    );
  });
});
