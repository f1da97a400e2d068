// docs/openapi.json as a client programmer reads it: nothing without a name, a description, a schema or its problems.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../../../src/problem/problem-codes.ts';
import { routesOf } from '../../architecture/routes.ts';
import { declaredCodes, OPERATIONS, resolve, SCHEMAS, type Operation } from '../../support/openapi-operations.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';

/** Names of the operations for which `holds` is false. */
const without = (holds: (operation: Operation) => boolean): string[] =>
  OPERATIONS.filter((operation) => !holds(operation)).map(({ name }) => name);

const isProbe = ({ path }: Operation): boolean => path === '/health' || path === '/ready';

describe('docs/openapi.json', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await sharedTestApp();
  });
  afterAll(() => app.close());

  it('S28 has exactly the routes that the application has', () => {
    const documented = OPERATIONS.map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1'));
    const shown = routesOf(app.app).map(({ name }) => name);
    expect(documented.sort()).toEqual(shown.filter((name) => name !== 'GET /metrics'));
  });

  it('gives every operation a summary and a unique operationId like calendar.createEvent', () => {
    expect(without(({ summary }) => (summary ?? '').length > 8)).toEqual([]);
    expect(without(({ operationId }) => /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/.test(operationId ?? ''))).toEqual([]);
    expect(new Set(OPERATIONS.map(({ operationId }) => operationId)).size).toBe(OPERATIONS.length);
  });

  it('gives every operation a success with a schema, 204 or a redirect', () => {
    const succeeds = ({ responses }: Operation): boolean =>
      Object.entries(responses).some(
        ([status, { content }]) =>
          ['204', '302'].includes(status) ||
          (status === '202' && content === undefined) ||
          (status.startsWith('2') &&
            Object.values(content ?? {}).some(({ schema }) => Object.keys(schema ?? {}).length > 0)),
      );
    expect(without(succeeds)).toEqual([]);
  });

  it('declares the problems that a kind of operation always has', () => {
    const declares =
      (...codes: string[]) =>
      (operation: Operation): boolean =>
        codes.every((code) => declaredCodes(operation).includes(code));
    const guarded = (operation: Operation): boolean =>
      operation.isPublic || declares('unauthenticated', 'rate-limited', 'service-unavailable')(operation);
    const withBody = (operation: Operation): boolean =>
      operation.body === undefined || declares('malformed-request', 'validation-failed')(operation);
    const withQuery = (operation: Operation): boolean =>
      !operation.parameters.some((each) => each.in === 'query') || declares('validation-failed')(operation);
    const withPath = (operation: Operation): boolean =>
      !operation.parameters.some((each) => each.in === 'path') ||
      declaredCodes(operation).some((code) => code.endsWith('not-found'));
    expect({
      guarded: without(guarded),
      withBody: without(withBody),
      withQuery: without(withQuery),
      withPath: without(withPath),
      public: without((operation) => isProbe(operation) || declares('rate-limited', 'service-unavailable')(operation)),
    }).toEqual({ guarded: [], withBody: [], withQuery: [], withPath: [], public: [] });
  });

  it('names only problem codes that are registered', () => {
    const unknown = OPERATIONS.flatMap(declaredCodes).filter((code) => !(code in PROBLEMS));
    expect(unknown).toEqual([]);
  });

  it('says of every parameter and every property what it is, in words or by an example', () => {
    const parameters = OPERATIONS.flatMap(({ name, parameters }) =>
      parameters
        .filter((each) => each.in !== 'path')
        .filter(({ description, schema }) => description === undefined && schema?.example === undefined)
        .map((each) => `${name} ${each.name}`),
    );
    const properties = Object.entries(SCHEMAS).flatMap(([schema, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, each]) => {
          const { description, example } = { ...resolve(each), ...each };
          return description === undefined && example === undefined;
        })
        .map(([name]) => `${schema}.${name}`),
    );
    expect({ parameters, properties }).toEqual({ parameters: [], properties: [] });
  });

  it('bounds every text that a client may send', () => {
    const unbounded = OPERATIONS.flatMap(({ name, body }) =>
      Object.entries(body?.properties ?? {})
        .map(([property, schema]): [string, ReturnType<typeof resolve>] => [property, resolve(schema)])
        .filter(([, { type, enum: members }]) => type === 'string' && members === undefined)
        .filter(([, { maxLength, pattern, format }]) =>
          [maxLength, pattern, format].every((each) => each === undefined),
        )
        .map(([property]) => `${name} ${property}`),
    );
    expect(unbounded).toEqual([]);
  });
});
