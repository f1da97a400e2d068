import { randomUUID } from 'node:crypto';
import type { TestApp } from './test-app.ts';

/** An answer of the server, read to its end. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  /** The body as it came. */
  readonly text: string;
}

/** What goes along with a request. */
export interface CallOptions {
  readonly token?: string | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request and reads the answer; a body that is no JSON is left as text. */
export async function call<Body = Record<string, unknown>>(
  { url }: Pick<TestApp, 'url'>,
  route: string,
  { token, json, headers = {} }: CallOptions = {},
): Promise<Answer<Body>> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  const isJson = /^application\/([a-z.-]+\+)?json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : {}) as Body, text };
}

/** The body of a login or refresh. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_expires_in: number;
}

/** The body of a problem. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly { pointer?: string; parameter?: string; detail: string }[];
}

/** Somebody with an account who is logged in. */
export interface TestUser extends Tokens {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** Good enough for the policy, and in no list. */
export const PASSWORD = 'seven lamps above the harbour';

/** A server that answers at an address; its database may be out of reach. */
export type Reachable = Pick<TestApp, 'url'> & Partial<Pick<TestApp, 'database'>>;

/** Registers and logs in over HTTP; each costs one bcrypt hash. `isAdmin` is set in the database, which must be given. */
export async function createUser(
  app: Reachable,
  { email = `user-${randomUUID()}@clinic.example`, password = PASSWORD, isAdmin = false } = {},
): Promise<TestUser> {
  const registered = await call<{ id: string }>(app, 'POST /api/auth/register', {
    json: { email, password, full_name: 'Test Person' },
  });
  if (registered.status !== 201) throw new Error(`register: ${registered.status} ${registered.text}`);
  const { id } = registered.body;
  if (isAdmin) {
    if (app.database === undefined) throw new Error('An administrator is made in the database');
    await app.database.read((em) => em.execute('update users set is_admin = true where id = ?', [id]));
  }
  return { id, email, password, ...(await login(app, { email, password })) };
}

/** Logs in over HTTP; costs one bcrypt comparison. */
export async function login(app: Reachable, credentials: { email: string; password: string }): Promise<Tokens> {
  const { email, password } = credentials;
  const answer = await call<Tokens>(app, 'POST /api/auth/login', { json: { email, password } });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return answer.body;
}
