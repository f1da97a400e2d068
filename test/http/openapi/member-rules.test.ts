// F9: what a member may be is one rule wherever the member stands.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, createUser, PASSWORD, type TestUser } from '../../support/api.ts';
import { OPERATIONS, resolve } from '../../support/openapi-operations.ts';
import { sharedTestApp, type TestApp } from '../../support/test-app.ts';
import { isEmailAddress } from '../../../src/validation/email-address.ts';

let app: TestApp;
let admin: TestUser;

beforeAll(async () => {
  app = await sharedTestApp();
  admin = await createUser(app, { isAdmin: true });
});
afterAll(() => app.close());

interface Refusal {
  code?: string;
  errors?: { pointer?: string; parameter?: string }[];
}

describe('F9 an e-mail address', () => {
  it.each([
    '"a b"@example.com',
    '"a"@example.com',
    'é@example.com',
    'a@b',
    'a b@example.com',
    `${'a'.repeat(65)}@example.com`,
  ])('that mail is not sent to is refused wherever an account gets one: %s', async (email) => {
    const register = { email, password: PASSWORD, full_name: 'Ana' };
    const answers = [
      await call<Refusal>(app, 'POST /api/auth/register', { json: register }),
      await call<Refusal>(app, 'POST /api/users/invitations', { json: { email }, token: admin.access_token }),
      await call<Refusal>(app, 'POST /api/auth/email/change', {
        json: { new_email: email },
        token: admin.access_token,
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422]);
    expect(isEmailAddress(email)).toBe(false);
  });

  it.each(["o'brien+ward.3@clinic.example", 'a@münchen.example'])(
    'that mail is sent to is taken: %s',
    async (email) => {
      const answer = await call(app, 'POST /api/auth/register', { json: { email, password: PASSWORD } });
      expect(answer.status).toBe(201);
    },
  );
});

describe('F9 a number of a query', () => {
  const numbers = OPERATIONS.filter(({ method, path }) => method === 'GET' && !path.includes('{')).flatMap(
    (operation) =>
      operation.parameters
        .filter((each) => each.in === 'query' && ['number', 'integer'].includes(resolve(each.schema ?? {}).type ?? ''))
        .map((each): [string, string] => [operation.path, each.name]),
  );

  it.each(numbers)('is written in digits: %s %s', async (path, name) => {
    for (const text of ['0x10', '1e1', '%2B5', '%205', '5%20', '05', '1.0', '', '١']) {
      const answer = await call<Refusal>(app, `GET ${path}?${name}=${text}`, { token: admin.access_token });
      expect([text, answer.status]).toEqual([text, 422]);
      expect(answer.body.errors?.map(({ parameter }) => parameter)).toContain(name);
    }
  });
});

describe('F9 null', () => {
  const optional = OPERATIONS.flatMap(({ name, body }) =>
    Object.entries(body?.properties ?? {})
      .filter(([member, schema]) => body?.required?.includes(member) !== true && resolve(schema).nullable !== true)
      .map(([member]): [string, string] => [name, member]),
  );

  it('stands for nothing where the document does not say so', async () => {
    expect(optional).toContainEqual(['POST /api/realtime/query', 'top_k']);
    for (const [name, member] of optional) {
      const operation = name.replace(/\{\w+\}/g, admin.id);
      const answer = await call<Refusal>(app, operation, { json: { [member]: null }, token: admin.access_token });
      expect([name, answer.status]).toEqual([name, 422]);
      expect(answer.body.errors?.map(({ pointer }) => pointer)).toContain(`/${member}`);
    }
  });
});

it('F9 a code of a link that is not good is no reason to refresh a token', async () => {
  const answer = await call<Refusal>(app, 'POST /api/auth/identities', {
    json: { code: `ot_${'A'.repeat(43)}` },
    token: admin.access_token,
  });
  expect([answer.status, answer.body.code]).toEqual([403, 'invalid-link-code']);
});
