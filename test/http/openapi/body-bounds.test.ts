// F2: bodies and queries of the accepted size that are made to be expensive, on every operation that reads any.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createUser, type TestUser } from '../../support/api.ts';
import { OPERATIONS, resolve, sampleBody, type Operation } from '../../support/openapi-operations.ts';
import { processorMs } from '../../support/processor-time.ts';
import { rawRequest, type RawAnswer } from '../../support/raw-request.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';
import { soundRequest } from './hostile-request.ts';

const MAX_BODY = 1024 * 1024 - 1_000;
const MAX_ANSWER = 8_000;
/** A tenth of what one of these bodies cost before, and several times what it costs now: a busy machine counts in it. */
const MAX_PROCESSOR_MS = 150;

const ID = '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';
const filled = (piece: (index: number) => string, maxLength = MAX_BODY): string => {
  const pieces: string[] = [];
  for (let length = 0, index = 0; length < maxLength - 100; index += 1) {
    const next = piece(index);
    pieces.push(next);
    length += next.length + 1;
  }
  return pieces.join(',');
};

/** Bodies that are refused whatever reads them. */
const WITHOUT_MEANING: readonly (readonly [string, () => string])[] = [
  ['100,000 unknown members', () => `{${filled((index) => `"m${index}":1`)}}`],
  ['one member with a name of a megabyte', () => `{"${'n'.repeat(MAX_BODY)}":1}`],
  [
    'members with names of 90 characters',
    () => `{${filled((index) => `"${String(index).padEnd(90, 'n')}":1`, 5_800)}}`,
  ],
  ['100,000 levels of arrays', () => `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`],
  ['100,000 levels of objects', () => `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`],
  ['a number of a million digits', () => `{"a":${'7'.repeat(MAX_BODY)}}`],
  ['a text of escapes', () => `{"a":"${'\\u0041'.repeat(MAX_BODY / 6)}"}`],
  ['a text of quotes', () => `{"a":"${'\\"'.repeat(MAX_BODY / 2)}"}`],
  ['the same member 100,000 times', () => `{${filled(() => '"email":"a"')}}`],
];

/** Bodies for the members of an operation; null where it has none of that kind. */
const WITH_MEMBERS: readonly (readonly [string, (operation: Operation) => string | null])[] = [
  ['60 unknown members and the right ones', (operation) => withMembers(operation, (index) => [`m${index}`, 1], 60)],
  ['long texts', (operation) => withTexts(operation, 'x')],
  ['long texts that look like addresses', (operation) => withTexts(operation, 'a@b.')],
  ['long texts of blanks', (operation) => withTexts(operation, ' ')],
  ['lists as long as is read', (operation) => withLists(operation, ID, 1_900)],
];

function withMembers(operation: Operation, member: (index: number) => [string, unknown], count: number): string {
  const more = Object.fromEntries(Array.from({ length: count }, (_, index) => member(index)));
  return JSON.stringify({ ...sampleBody(operation.body ?? {}), ...more });
}

function withTexts(operation: Operation, text: string): string | null {
  const names = propertiesOf(operation, (type) => type === 'string');
  if (names.length === 0) return null;
  const long = text.repeat(MAX_BODY / 2 / text.length / names.length);
  return JSON.stringify({
    ...sampleBody(operation.body ?? {}),
    ...Object.fromEntries(names.map((name) => [name, long])),
  });
}

function withLists(operation: Operation, item: string, count: number): string | null {
  const names = propertiesOf(operation, (type) => type === 'array');
  if (names.length === 0) return null;
  const list = Array.from({ length: count / names.length }, () => item);
  return JSON.stringify({
    ...sampleBody(operation.body ?? {}),
    ...Object.fromEntries(names.map((name) => [name, list])),
  });
}

function propertiesOf({ body }: Operation, isMeant: (type: string | undefined) => boolean): string[] {
  const all = Object.entries(body?.properties ?? {});
  return all.filter(([, schema]) => isMeant(resolve(schema).type)).map(([name]) => name);
}

const withBody = OPERATIONS.filter(({ body }) => body !== undefined);
const withQuery = OPERATIONS.filter(
  ({ method, parameters }) => method === 'GET' && parameters.some((each) => each.in === 'query'),
);
const named = (list: readonly Operation[]): [string, Operation][] => list.map((each) => [each.name, each]);

let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  admin = await createUser(app, { isAdmin: true });
});
afterAll(() => app.close());

/** The answer, and what the whole process worked for it at the best of three times. */
async function measured(send: () => Promise<RawAnswer>): Promise<{ answer: RawAnswer; workedMs: number }> {
  let best = { answer: await send(), workedMs: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 3 && best.workedMs > MAX_PROCESSOR_MS; round += 1) {
    const before = processorMs();
    const answer = await send();
    const workedMs = processorMs() - before;
    if (workedMs < best.workedMs) best = { answer, workedMs };
  }
  return best;
}

const authorization = (): { authorization: string } => ({ authorization: `Bearer ${admin.access_token}` });

async function expectCheapRefusal(operation: Operation, body: string): Promise<void> {
  const headers = { ...authorization(), 'content-type': 'application/json' };
  const { answer, workedMs } = await measured(() => rawRequest(app.url, { ...soundRequest(operation), body, headers }));
  // An unknown provider is found before the body is validated.
  expect([400, 404, 413, 422]).toContain(answer.status);
  expect(answer.text.length).toBeLessThan(MAX_ANSWER);
  expect(workedMs).toBeLessThan(MAX_PROCESSOR_MS);
}

describe('F2 an operation that reads a body', () => {
  it.each(WITHOUT_MEANING)('refuses %s at once and in few words', async (_, make) => {
    const login = OPERATIONS.find(({ operationId }) => operationId === 'auth.login')!;
    await expectCheapRefusal(login, make());
  });

  it.each(named(withBody))('refuses members that are expensive at once and in few words: %s', async (_, operation) => {
    for (const [, make] of WITH_MEMBERS) {
      const body = make(operation);
      if (body !== null) await expectCheapRefusal(operation, body);
    }
  });
});

describe.each(named(withQuery))('F2 %s', (_, operation) => {
  it.each([
    ['unknown parameters', (index: number) => `m${index}=1`],
    ['the same parameter over and over', () => `${operation.parameters.find((each) => each.in === 'query')?.name}=1`],
  ])('refuses %s as many as fit at once and in few words', async (_what, parameter) => {
    const { path } = soundRequest(operation);
    const long = filled(parameter, 14_000).replaceAll(',', '&');
    const request = {
      method: 'GET',
      path: `${path}${path.includes('?') ? '&' : '?'}${long}`,
      headers: authorization(),
    };
    const { answer, workedMs } = await measured(() => rawRequest(app.url, request));
    // An unknown provider is looked for before the query is read.
    expect([404, 422]).toContain(answer.status);
    expect(answer.text.length).toBeLessThan(MAX_ANSWER);
    expect(workedMs).toBeLessThan(MAX_PROCESSOR_MS);
  });
});

describe('F2', () => {
  it('lists 20 broken rules and tells how many there are besides', async () => {
    const members = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`m${index}`, 1]));
    const answer = await rawRequest(app.url, {
      method: 'POST',
      path: '/api/auth/refresh',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: 'x', ...members }),
    });
    const problem = JSON.parse(answer.text) as { errors: object[]; further_errors: number };
    expect(answer.status).toBe(422);
    expect([problem.errors.length, problem.further_errors]).toEqual([20, 30]);
  });
});
