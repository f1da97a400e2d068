// docs/openapi.json as a client programmer reads it: nothing without a name, a description, a schema or its problems.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../../../src/problem/problem-codes.ts';
import { routesOf } from '../../architecture/routes.ts';
import { readText } from '../../architecture/source-files.ts';
import {
  declaredCodes,
  OPERATIONS,
  resolve,
  SCHEMAS,
  type Operation,
  type Parameter,
  type Schema,
} from '../../support/openapi-operations.ts';
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
    // For Prometheus, and between the Nextcloud apps and this server.
    const isHidden = (name: string): boolean =>
      /^GET \/metrics$|^POST \/api\/auth\/tokens\/(authorize|exchange|revoke)$/.test(name);
    expect(documented.sort()).toEqual(shown.filter((name) => !isHidden(name)));
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
        .filter(({ description, schema }) => description === undefined && schema?.examples === undefined)
        .map((each) => `${name} ${each.name}`),
    );
    const properties = Object.entries(SCHEMAS).flatMap(([schema, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, each]) => {
          const { description, examples } = { ...resolve(each), ...each };
          return description === undefined && examples === undefined;
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

  describe('F20', () => {
    const documentText = readText('docs/openapi.json');
    const whole = JSON.parse(documentText) as {
      openapi: string;
      tags: { name: string; description: string }[];
      paths: Record<string, Record<string, { tags: string[]; security?: object[]; parameters?: object[] }>>;
      components: { securitySchemes: object };
    };
    const operations = Object.values(whole.paths).flatMap((item) => Object.values(item));

    it('is OpenAPI 3.1 in less than 250 kB', () => {
      expect(whole.openapi).toMatch(/^3\.1\./);
      expect(JSON.stringify(whole).length).toBeLessThan(250_000);
    });

    it('describes each tag and lists them as a newcomer needs them', () => {
      const tags = whole.tags.map(({ name }) => name);
      expect([tags[0], tags.at(-1)]).toEqual(['auth', 'operations']);
      expect(new Set(operations.flatMap((operation) => operation.tags))).toEqual(new Set(tags));
      expect(whole.tags.filter(({ description }) => description.length < 20)).toEqual([]);
    });

    it('has one way to authorize, which open operations do not ask for', () => {
      expect(Object.keys(whole.components.securitySchemes)).toEqual(['bearer']);
      const open = OPERATIONS.filter(({ isPublic, method }) => isPublic && method === 'POST');
      const asked = open.filter(({ path }) => whole.paths[path]?.['post']?.security?.length !== 0);
      expect(asked.map(({ name }) => name)).toEqual([]);
    });

    it('says that unknown members of a body are refused, as they are', () => {
      const loose = OPERATIONS.flatMap(({ name, body }) => looseObjects(body, name));
      expect(loose).toEqual([]);
    });

    it('has no answer of several forms without a member that tells them apart', () => {
      const answers = OPERATIONS.flatMap(({ responses }) => Object.values(responses));
      const forms = answers.flatMap(({ content = {} }) => Object.values(content).map(({ schema }) => schema));
      expect(forms.filter((schema) => schema?.oneOf !== undefined && schema.discriminator === undefined)).toEqual([]);
    });

    it('gives the stream of a job as text and not as one job', () => {
      const follow = OPERATIONS.find(({ operationId }) => operationId === 'jobs.follow');
      expect(follow?.responses['200']?.content?.['text/event-stream']?.schema).toMatchObject({ type: 'string' });
    });

    it('has patterns that every language can read', () => {
      const patterns = [...documentText.matchAll(/"pattern": ("(?:[^"\\]|\\.)*")/g)].map(
        ([, text = '""']) => JSON.parse(text) as string,
      );
      expect(patterns.length).toBeGreaterThan(5);
      expect(patterns.filter((pattern) => /\\[pPkuUx]\{|\(\?/.test(pattern))).toEqual([]);
    });

    it('asks for what an answer 428 asks for', () => {
      const conditional = OPERATIONS.filter((operation) => declaredCodes(operation).includes('precondition-required'));
      expect(conditional.length).toBeGreaterThan(2);
      expect(conditional.filter(({ headers }) => !headers.some(isCondition)).map(({ name }) => name)).toEqual([]);
    });

    it('names requests and answers alike, and begins summaries with what is done', () => {
      expect(Object.keys(SCHEMAS).filter((name) => /(Dto|Document)$/.test(name))).toEqual([]);
      expect(without(({ summary = '' }) => /^[A-Z][a-z]+ /.test(summary) && !/\?|\b(my|I)\b/.test(summary))).toEqual(
        [],
      );
    });
  });
});

function isCondition({ name, required, description = '' }: Parameter): boolean {
  return /^if-match$/i.test(name) && (required === true || /required/.test(description));
}

/** Pointers to the objects in a body that take unknown members. */
function looseObjects(reference: Schema | undefined, pointer: string): string[] {
  if (reference === undefined) return [];
  const schema = resolve(reference);
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => looseObjects(each, `${pointer}/${name}`)),
    ...looseObjects(schema.items, `${pointer}/*`),
  ];
  return schema.properties !== undefined && schema.additionalProperties !== false ? [pointer, ...inner] : inner;
}
