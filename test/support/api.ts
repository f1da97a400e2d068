import { randomUUID } from 'node:crypto';
import { SessionService } from '../../src/auth/sessions/session.service.ts';
import { tokenPairResponse } from '../../src/auth/auth.dto.ts';
import { Database } from '../../src/persistence/database.ts';
import { UsersRepository } from '../../src/users/users.repository.ts';
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
  /** Sent as it is. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request and reads the answer; a body that is no JSON is left as text. */
export async function call<Body = Record<string, unknown>>(
  { url }: Pick<TestApp, 'url'>,
  route: string,
  { token, json, body, headers = {} }: CallOptions = {},
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
    ...(body !== undefined && { body }),
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

/** Hash of PASSWORD, 10 rounds as in test applications; spares a test the time of hashing it. */
const PASSWORD_HASH = '$hmac-sha384$2b$10$3CuQXYYEp6BDEhR9R3gqWOdECDNNhtzixMILeNmF7fS7.p8zwL7Tm';

/** A server that answers at an address; its database and its parts may be out of reach. */
export type Reachable = Pick<TestApp, 'url'> & Partial<Pick<TestApp, 'database' | 'app'>>;

/**
 * Somebody with an account and a session. In an application of this process both are made by its parts, without the
 * time of a hash; elsewhere, and for another password, by registering and logging in over HTTP.
 */
export async function createUser(
  app: Reachable,
  { email = `user-${randomUUID()}@clinic.example`, password = PASSWORD, isAdmin = false } = {},
): Promise<TestUser> {
  if (app.app !== undefined && password === PASSWORD) return openedUser(app.app, { email, isAdmin });
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

async function openedUser(
  app: TestApp['app'],
  { email, isAdmin }: { email: string; isAdmin: boolean },
): Promise<TestUser> {
  const opened = await app.get(Database).transaction(async (em) => {
    const user = await app
      .get(UsersRepository, { strict: false })
      .insert(em, { email, fullName: 'Test Person', hashedPassword: PASSWORD_HASH, isAdmin });
    const pair = await app.get(SessionService, { strict: false }).create(em, user, { methods: ['pwd'] });
    const { access_token, refresh_token, token_type, expires_in, refresh_expires_in } = tokenPairResponse(pair);
    return { id: user.id, access_token, refresh_token, token_type, expires_in, refresh_expires_in };
  });
  return { email, password: PASSWORD, ...opened };
}

/** Logs in over HTTP; costs one bcrypt comparison. */
export async function login(app: Reachable, credentials: { email: string; password: string }): Promise<Tokens> {
  const { email, password } = credentials;
  const answer = await call<Tokens>(app, 'POST /api/auth/login', { json: { email, password } });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return answer.body;
}
