// Every operation of the OpenAPI document with wrong, missing, huge and odd values in every field: 4xx problem details
// that name the field, never 5xx, nothing written. Other values: FC_SEED=<a seed>, or FC_SEED=random.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PROBLEMS, type ProblemCode } from '../../../src/problem/problem-codes.ts';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { createUser, type TestUser } from '../../support/api.ts';
import { declaredCodes, OPERATIONS, type Operation } from '../../support/openapi-operations.ts';
import { rawRequest, type RawAnswer, type RawRequest } from '../../support/raw-request.ts';
import { tableContents } from '../../support/table-contents.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import {
  forbiddenRequests,
  oddRequests,
  soundRequest,
  takesInput,
  WRONG_BODIES,
  type HostileRequest,
} from './hostile-request.ts';

// The same values each time, so that a run can be trusted; FC_SEED=random goes looking for new ones.
const CHOSEN = process.env['FC_SEED'] ?? '20261122';
const SEED = CHOSEN === 'random' ? randomInt(2 ** 31) : Number(CHOSEN);
const FORBIDDEN_RUNS = 60;
const ODD_RUNS = 25;
/** Each costs a bcrypt hash when the values happen to be allowed. */
const ODD_RUNS_WITH_PASSWORD = 8;
/** Far more than any of these takes, far less than a time-out that something waits for. */
const SLOWEST_MS = 10_000;
/** What every operation may answer before its handler is asked. */
const TRANSPORT_CODES = [
  'malformed-request',
  'payload-too-large',
  'unsupported-media-type',
  'not-found',
  'uri-too-long',
];
/** Logging out with the token of the test would end the test. */
const ENDS_THE_SESSION = ['auth.logout', 'oidc.logout'];

// HEAD takes what its GET takes, and answers without a body that could be looked at.
const operations = OPERATIONS.filter(
  ({ operationId, method }) => method !== 'HEAD' && !ENDS_THE_SESSION.includes(operationId ?? ''),
);
const withInput = operations.filter(takesInput);
const byName = (list: readonly Operation[]): [string, Operation][] => list.map((each) => [each.name, each]);

interface Problem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly type: string;
  readonly instance: string;
  readonly errors?: readonly { pointer?: string; parameter?: string; detail: string }[];
}

let nextcloud: NextcloudDouble;
let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  nextcloud = await NextcloudDouble.start();
  app = await startTestApp({
    env: { NEXTCLOUD_URL: nextcloud.url, RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT: '1000000' },
  });
  admin = await createUser(app, { isAdmin: true });
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});

function send(request: RawRequest, token: string | undefined = admin.access_token): Promise<RawAnswer> {
  const headers = { ...request.headers, ...(token !== '' && { authorization: `Bearer ${token}` }) };
  return rawRequest(app.url, { ...request, headers });
}

/** The problem of an answer, after checking that it is one and tells nothing of the inside. */
function problemOf(answer: RawAnswer, what: string): Problem {
  const context = `${what}: ${answer.status} ${answer.text.slice(0, 300)}`;
  if (!String(answer.headers['content-type']).startsWith('application/problem+json')) throw new Error(context);
  const problem = JSON.parse(answer.text) as Problem;
  const registered = PROBLEMS[problem.code] as { status: number } | undefined;
  const isSound =
    registered?.status === answer.status &&
    problem.status === answer.status &&
    problem.type.endsWith(`/${problem.code}`) &&
    problem.instance === answer.headers['x-request-id'];
  if (!isSound) throw new Error(`not a sound problem: ${context}`);
  if (/node_modules|\bat .*\.[jt]s:|select .* from|SQLSTATE|Error:/i.test(answer.text))
    throw new Error(`tells too much: ${context}`);
  return problem;
}

function checkForbidden(operation: Operation, hostile: HostileRequest, answer: RawAnswer): void {
  const { what, field } = hostile;
  const problem = problemOf(answer, what);
  if (answer.status >= 500 || answer.status < 400) throw new Error(`${what}: ${answer.status}`);
  if (![...declaredCodes(operation), ...TRANSPORT_CODES].includes(problem.code)) {
    throw new Error(`${what}: ${problem.code} is not declared`);
  }
  if (answer.durationMs > SLOWEST_MS) throw new Error(`${what}: took ${Math.round(answer.durationMs)} ms`);
  if (problem.code !== 'validation-failed') {
    if (!TRANSPORT_CODES.includes(problem.code)) throw new Error(`${what}: ${problem.code} instead of a refusal`);
    return;
  }
  const names = (problem.errors ?? []).map((each) => each.pointer ?? each.parameter ?? '');
  const wanted = field === undefined ? '' : 'pointer' in field ? field.pointer : field.parameter;
  if (!names.some((name) => name.startsWith(wanted))) throw new Error(`${what}: names ${JSON.stringify(names)}`);
}

describe(`hostile values (seed ${SEED})`, () => {
  it.each(byName(withInput))(
    '%s refuses what its document forbids, names the field and writes nothing',
    async (_, operation) => {
      const before = await tableContents(app);
      await fc.assert(
        fc.asyncProperty(forbiddenRequests(operation), async (hostile) => {
          checkForbidden(operation, hostile, await send(hostile.request));
        }),
        { seed: SEED, numRuns: FORBIDDEN_RUNS },
      );
      expect(await tableContents(app)).toEqual(before);
    },
  );

  it.each(byName(withInput))('%s never answers an odd value with 5xx', async (_, operation) => {
    const hashes = operation.body?.properties?.['password'] ?? operation.body?.properties?.['new_password'];
    await fc.assert(
      fc.asyncProperty(oddRequests(operation), async ({ request, what }) => {
        const answer = await send(request);
        if (answer.status < 300) return;
        const { code } = problemOf(answer, what);
        if (answer.status >= 500 && !code.startsWith('upstream-')) throw new Error(`${what}: ${answer.status} ${code}`);
      }),
      { seed: SEED, numRuns: hashes ? ODD_RUNS_WITH_PASSWORD : ODD_RUNS },
    );
  });

  it.each(WRONG_BODIES)('answers $what on every operation with a body as $status and writes nothing', async (wrong) => {
    const before = await tableContents(app);
    for (const operation of operations.filter(({ body }) => body !== undefined)) {
      const headers = { 'content-type': 'application/json', ...wrong.headers };
      const answer = await send({ ...soundRequest(operation), headers, body: wrong.body });
      const problem = problemOf(answer, `${operation.name} with ${wrong.what}`);
      expect([operation.name, problem.code, wrong.status.includes(answer.status)]).toEqual([
        operation.name,
        problem.code,
        true,
      ]);
      expect(answer.durationMs).toBeLessThan(SLOWEST_MS);
    }
    expect(await tableContents(app)).toEqual(before);
  });

  it.each(['%', '%zz', '%e0%80', '%c0%af', '%ff'])(
    'answers the broken escape %s in a path or a query with 4xx',
    async (escape) => {
      for (const { method, path } of operations.filter((each) => each.path.includes('{'))) {
        const answer = await send({ method, path: path.replace(/\{\w+\}/, escape) });
        problemOf(answer, `${method} ${path} with ${escape}`);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
      }
      for (const { method, path, parameters } of operations.filter((each) => each.method === 'GET')) {
        const [name] = parameters.filter((each) => each.in === 'query').map((each) => each.name);
        if (name === undefined) continue;
        expect((await send({ method, path: `${path}?${name}=${escape}` })).status).toBeLessThan(500);
      }
    },
  );

  it('asks the anonymous for a token before it looks at any value', async () => {
    const guarded = operations.filter(({ isPublic }) => !isPublic);
    for (const operation of guarded.filter(takesInput)) {
      for (const { request, what } of fc.sample(forbiddenRequests(operation), { seed: SEED, numRuns: 3 })) {
        const problem = problemOf(await send(request, ''), what);
        if (problem.code !== 'uri-too-long') expect([what, problem.code]).toEqual([what, 'unauthenticated']);
      }
    }
  });
});
