// A provider that lies, breaks, stalls or is somebody else: nobody is logged in, nothing is stored, one audit row each,
// and the server goes on (bars S22, S23, S26; OpenID Connect Core 1.0 sections 3.1.3.7 and 5.3.2).
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call } from '../../support/api.ts';
import {
  ScriptedProvider,
  type Endpoint,
  type Script,
  type ScriptedIssuer,
  type Spoil,
} from '../../support/scripted-provider.ts';
import { landed, SsoBrowser } from '../../support/sso-browser.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

type Claims = Record<string, unknown>;
type Case = readonly [string, Script, string?];
type BrokenCase = readonly [string, Script, string];

const now = (): number => Math.floor(Date.now() / 1000);
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (change: (claims: Claims) => Claims): Script => ({
  claims: (before) => ({ ...before, ...change(before) }),
});
const resigned = (make: (payload: string, issuer: ScriptedIssuer) => unknown): Script => ({
  idToken: (token, issuer) => make(token.split('.')[1] ?? '', issuer),
});
const hmac = (input: string, key: string | Buffer): string =>
  `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const strangerSigned = (header: Claims, payload: string): string => {
  const input = `${base64(header)}.${payload}`;
  return `${input}.${createSign('sha256').update(input).sign(stranger.privateKey).toString('base64url')}`;
};

/** S22: ID tokens that fail one check each. */
const ID_TOKENS: readonly Case[] = [
  ['alg none, no signature', resigned((payload) => `${base64({ alg: 'none' })}.${payload}.`)],
  ['alg NONE in capitals', resigned((payload) => `${base64({ alg: 'NONE' })}.${payload}.`)],
  ['alg none with a signature', resigned((payload) => `${base64({ alg: 'none' })}.${payload}.AAAA`)],
  ['no alg at all', resigned((payload) => `${base64({ typ: 'JWT' })}.${payload}.AAAA`)],
  [
    'HS256 with the public key as the secret',
    resigned((payload, { publicKey, kid }) =>
      hmac(`${base64({ alg: 'HS256', kid })}.${payload}`, publicKey.export({ type: 'spki', format: 'pem' })),
    ),
  ],
  [
    'HS256 with the client secret',
    resigned((payload) => hmac(`${base64({ alg: 'HS256' })}.${payload}`, 'a-client-secret-of-the-tests-0123456789')),
  ],
  ['a signature of garbage', { idToken: (token) => `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(342)}` }],
  ['no signature', { idToken: (token) => `${token.split('.').slice(0, 2).join('.')}.` }],
  [
    'a payload that was changed after signing',
    { idToken: (token) => `${token.split('.')[0] ?? ''}.${base64({ sub: 'admin' })}.${token.split('.')[2] ?? ''}` },
  ],
  [
    "a stranger's key under the known kid",
    resigned((payload, { kid }) => strangerSigned({ alg: 'RS256', kid }, payload)),
  ],
  [
    "a stranger's key in the header (jwk)",
    resigned((payload, { kid }) =>
      strangerSigned({ alg: 'RS256', kid, jwk: stranger.publicKey.export({ format: 'jwk' }) }, payload),
    ),
  ],
  [
    "a stranger's key behind jku and x5u",
    resigned((payload) =>
      strangerSigned({ alg: 'RS256', jku: 'http://127.0.0.1/k', x5u: 'http://127.0.0.1/c' }, payload),
    ),
  ],
  ['an unknown kid', { header: () => ({ kid: 'unknown' }) }, 'keys'],
  ['a kid that is a path', { header: () => ({ kid: '../../etc/passwd' }) }, 'keys'],
  ['a critical extension that nobody knows', { header: () => ({ crit: ['x'], x: 1 }) }],
  ['an unencoded payload (b64 false)', { header: () => ({ crit: ['b64'], b64: false }) }],
  ['typ at+jwt: an access token', { header: () => ({ typ: 'at+jwt' }) }],
  ['typ logout+jwt: a logout token', { header: () => ({ typ: 'logout+jwt' }) }],
  ['a foreign iss', claims(() => ({ iss: 'https://evil.example' }))],
  ['iss with a slash at its end', claims(({ iss }) => ({ iss: `${String(iss)}/` }))],
  ['iss as a list', claims(({ iss }) => ({ iss: [iss] }))],
  ['no iss', claims(() => ({ iss: undefined }))],
  ['a foreign aud', claims(() => ({ aud: 'somebody-else' }))],
  ['an empty list as aud', claims(() => ({ aud: [] }))],
  ['aud as an object', claims(() => ({ aud: { voiceassist: true } }))],
  ['no aud', claims(() => ({ aud: undefined }))],
  ['two in aud and no azp', claims(() => ({ aud: ['voiceassist', 'other'] }))],
  ['two in aud and a foreign azp', claims(() => ({ aud: ['voiceassist', 'other'], azp: 'other' }))],
  ['a foreign azp', claims(() => ({ azp: 'other' }))],
  ['azp as a list', claims(() => ({ azp: ['voiceassist'] }))],
  ['no nonce', claims(() => ({ nonce: undefined }))],
  ['another nonce', claims(() => ({ nonce: 'of-another-sign-on' }))],
  ['nonce as a list', claims(({ nonce }) => ({ nonce: [nonce] }))],
  ['an empty nonce', claims(() => ({ nonce: '' }))],
  ['exp 61 s ago and more', claims(() => ({ exp: now() - 90, iat: now() - 200 }))],
  ['exp as a word', claims(() => ({ exp: 'never' }))],
  ['no exp', claims(() => ({ exp: undefined }))],
  ['exp null', claims(() => ({ exp: null }))],
  ['iat an hour ahead', claims(() => ({ iat: now() + 3600, exp: now() + 7200 }))],
  ['iat an hour ago', claims(() => ({ iat: now() - 3600 }))],
  ['no iat', claims(() => ({ iat: undefined }))],
  ['iat as a word', claims(() => ({ iat: 'now' }))],
  ['nbf an hour ahead', claims(() => ({ nbf: now() + 3600 }))],
  ['at_hash of another access token', claims(() => ({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }))],
  ['at_hash as a number', claims(() => ({ at_hash: 7 }))],
  ['sub as an object', claims(() => ({ sub: { $ne: null } }))],
  ['sub as a number', claims(() => ({ sub: 7 }))],
  ['an empty sub', claims(() => ({ sub: '' }))],
  ['sub of 256 characters', claims(() => ({ sub: 'x'.repeat(256) }))],
  ['sub with a line feed', claims(() => ({ sub: 'a\nb' }))],
  ['sub beyond ASCII', claims(() => ({ sub: 'ädmin' }))],
  ['no sub', claims(() => ({ sub: undefined }))],
  ['sub null', claims(() => ({ sub: null }))],
  ['a list as payload', { idToken: (_, issuer) => issuer.signed([] as unknown as Claims) }],
  ['no id_token', { tokens: (answer) => ({ ...answer, id_token: undefined }) }],
  ['id_token as an object', { tokens: (answer) => ({ ...answer, id_token: { sub: 'admin' } }) }, 'token-endpoint'],
  ['an empty id_token', { tokens: (answer) => ({ ...answer, id_token: '' }) }, 'token-endpoint'],
  ['an id_token of 20,000 characters', { idToken: () => 'x'.repeat(20_000) }, 'token-endpoint'],
  ['an encrypted id_token (five parts)', { idToken: () => 'a.b.c.d.e' }],
  ['an id_token that is no token', { idToken: () => 'hello' }],
];

/** Ways in which any page of a provider can go wrong. */
const BREAKAGES: Readonly<Record<string, Spoil>> = {
  'HTML with 200': says(200, 'text/html', '<html>Please log in</html>'),
  'HTML called JSON': says(200, 'application/json', '<html>'),
  'JSON called HTML': says(200, 'text/html', '{}'),
  'JSON without a type': says(200, '', '{}'),
  'an empty body': says(200, 'application/json', ''),
  'a list': says(200, 'application/json', '[]'),
  null: says(200, 'application/json', 'null'),
  'a number': says(200, 'application/json', '7'),
  'an empty object': says(200, 'application/json', '{}'),
  'half an object': says(200, 'application/json', '{"issuer": "htt'),
  'bytes that are no UTF-8': says(200, 'application/json', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  'deep nesting': says(200, 'application/json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  __proto__: says(200, 'application/json', '{"__proto__":{"sub":"admin","access_token":"x"}}'),
  'ten megabytes': says(200, 'application/json', Buffer.alloc(10 * 1024 * 1024, ' ')),
  'a gzip bomb': says(200, 'application/json', gzipSync(Buffer.alloc(50 * 1024 * 1024)), {
    'content-encoding': 'gzip',
  }),
  'broken gzip': says(200, 'application/json', 'no gzip', { 'content-encoding': 'gzip' }),
  'an unknown coding': says(200, 'application/json', '{}', { 'content-encoding': 'br' }),
  'a redirect': says(302, 'application/json', '{}', { location: 'http://127.0.0.1:9/' }),
  'a redirect to itself': (request, response) => says(307, '', '', { location: request.url ?? '' })(request, response),
  'status 400': says(400, 'application/json', '{"error":"invalid_request"}'),
  'status 401': says(401, 'application/json', '{"error":"invalid_client"}', { 'www-authenticate': 'Basic' }),
  'status 500': says(500, 'application/json', '{"error":"server_error"}'),
  'status 503': says(503, 'text/plain', 'down', { 'retry-after': '3600' }),
  'a closed socket': (request) => {
    request.socket.destroy();
    return true;
  },
  'a body that is cut off': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"a":');
    setImmediate(() => response.destroy());
    return true;
  },
  'no answer at all': () => true,
  'a slow drip': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 200);
    response.on('close', () => clearInterval(drip));
    return true;
  },
};
const PAGES: readonly Endpoint[] = ['discovery', 'jwks', 'token', 'userinfo'];
const SLOW = ['no answer at all', 'a slow drip'];
/** S23, S26: answers that are well-formed and wrong. */
const LIES: readonly Case[] = [
  ['UserInfo about somebody else', { userinfo: (person) => ({ ...person, sub: 'admin' }) }, 'userinfo'],
  ['UserInfo without sub', { userinfo: () => ({ email: 'a@clinic.example' }) }, 'userinfo'],
  ['UserInfo with sub as a list', { userinfo: ({ sub }) => ({ sub: [sub] }) }, 'userinfo'],
  [
    'UserInfo with sub twice',
    { spoil: { userinfo: says(200, 'application/json', '{"sub":"victim","sub":"admin"}') } },
    'userinfo',
  ],
  ['UserInfo as a token', { spoil: { userinfo: says(200, 'application/jwt', 'a.b.c') } }, 'provider-answer'],
  ['token_type mac', { tokens: (answer) => ({ ...answer, token_type: 'mac' }) }, 'token-endpoint'],
  ['no token_type', { tokens: (answer) => ({ ...answer, token_type: undefined }) }, 'token-endpoint'],
  ['no access_token', { tokens: (answer) => ({ ...answer, access_token: undefined }) }, 'token-endpoint'],
  ['access_token as an object', { tokens: (answer) => ({ ...answer, access_token: {} }) }, 'token-endpoint'],
  ['access_token with a line feed', { tokens: (answer) => ({ ...answer, access_token: 'a\r\nb' }) }, 'token-endpoint'],
  ['refresh_token as a number', { tokens: (answer) => ({ ...answer, refresh_token: 7 }) }, 'token-endpoint'],
  ['S26: a foreign issuer in discovery', { discovery: lies({ issuer: 'https://accounts.google.com' }) }, 'discovery'],
  ['an issuer with a slash more', { discovery: (it) => ({ ...it, issuer: `${String(it['issuer'])}/` }) }, 'discovery'],
  ['no issuer in discovery', { discovery: lies({ issuer: undefined }) }, 'discovery'],
  ['no token endpoint', { discovery: lies({ token_endpoint: undefined }) }, 'discovery'],
  ['a token endpoint in a file', { discovery: lies({ token_endpoint: 'file:///etc/passwd' }) }, 'discovery'],
  ['endpoints as objects', { discovery: lies({ token_endpoint: {}, jwks_uri: [] }) }, 'discovery'],
  ['credentials in an endpoint', { discovery: lies({ jwks_uri: 'http://a:b@clinic.example/' }) }, 'discovery'],
  ['no way to authenticate', { discovery: lies({ token_endpoint_auth_methods_supported: ['none'] }) }, 'discovery'],
  ['only alg none in discovery', { discovery: lies({ id_token_signing_alg_values_supported: ['none'] }) }],
  ['only HS256 in discovery', { discovery: lies({ id_token_signing_alg_values_supported: ['HS256'] }) }],
  ['S26: jwks_uri on a private address', { discovery: lies({ jwks_uri: 'http://10.0.0.1/jwks' }) }, 'provider-answer'],
  ['S26: jwks_uri on this host', { discovery: lies({ jwks_uri: 'http://127.0.0.1:1/jwks' }) }, 'provider-answer'],
  [
    'S26: jwks_uri on the metadata address',
    { discovery: lies({ jwks_uri: 'http://169.254.169.254/' }) },
    'provider-answer',
  ],
  ['token endpoint on this host', { discovery: lies({ token_endpoint: 'http://localhost:1/' }) }, 'provider-answer'],
  ['userinfo on this host', { discovery: lies({ userinfo_endpoint: 'http://[::1]:1/' }) }, 'provider-answer'],
  ['keys without keys', { jwks: () => ({ keys: [] }) }, 'keys'],
  ['keys that are no list', { jwks: () => ({ keys: { kid: 'key-1' } }) }, 'keys'],
  ['200 keys', { jwks: ({ keys }) => ({ keys: Array.from({ length: 200 }, () => keys[0]) }) }, 'keys'],
  ['two keys under one kid', { jwks: ({ keys }) => ({ keys: [keys[0], keys[0]] }) }, 'keys'],
  ['keys that are no objects', { jwks: () => ({ keys: ['key-1', null, 7] }) }, 'keys'],
  ['a symmetric key', { jwks: () => ({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'key-1', alg: 'RS256' }] }) }, 'keys'],
  ['a key of 512 bits', { jwks: () => ({ keys: [smallKey()] }) }],
  ['a key for encryption', { jwks: ({ keys }) => ({ keys: [{ ...keys[0], use: 'enc' }] }) }, 'keys'],
];

const BROKEN = PAGES.flatMap((page) =>
  Object.entries(BREAKAGES).map(([what, spoil]): Case => [`${page}: ${what}`, { spoil: { [page]: spoil } }, '']),
);
const [STALLING, BREAKING] = [true, false].map((stalls) =>
  BROKEN.map(([what, script], index) => [what, script, `broken-${index}`] as const).filter(
    ([what]) => SLOW.some((slow) => what.endsWith(slow)) === stalls,
  ),
) as [BrokenCase[], BrokenCase[]];
const NAMES = [
  ...ID_TOKENS.map((_, index) => `token-${index}`),
  ...LIES.map((_, index) => `lie-${index}`),
  ...BROKEN.map((_, index) => `broken-${index}`),
  'good',
  'flood',
];

let provider: ScriptedProvider;
let app: TestApp;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
  app = await startTestApp({
    env: { ...provider.environment(NAMES), FRONTEND_URL: 'https://app.clinic.example' },
  });
});
afterAll(async () => {
  await app.close();
  await provider.stop();
});

/** What a login would have left behind. */
async function traces(): Promise<Record<string, string>> {
  const [row] = await app.database.read((em) =>
    em.execute<Record<string, string>[]>(
      `select (select count(*) from users) as users, (select count(*) from sessions) as sessions,
         (select count(*) from identities) as identities,
         (select count(*) from one_time_tokens where purpose <> 'oidc-transaction') as codes`,
    ),
  );
  return row ?? {};
}

async function failuresOf(name: string): Promise<string[]> {
  const rows = await app.database.read((em) =>
    em.execute<{ details: { reason: string } }[]>(
      "select details from audit_events where action = 'sso.login' and target_id = ? order by sequence",
      [name],
    ),
  );
  return rows.map(({ details }) => details.reason);
}

/** One sign-on, from its first redirect if the provider gets that far. */
async function attempt(name: string, script: Script): Promise<string | null> {
  const issuer = provider.issuer(name);
  const browser = new SsoBrowser(app);
  // The way there is good unless the discovery document is what is wrong.
  const isDiscovery = script.discovery !== undefined || script.spoil?.discovery !== undefined;
  if (!isDiscovery) await browser.begin(name);
  issuer.script = script;
  issuer.person = { sub: 'victim', email: 'victim@clinic.example', email_verified: true };
  const there = await browser.open(`/api/auth/oidc/${name}/login`);
  const location = there.headers.get('location') ?? '';
  if (!location.startsWith(issuer.url)) return landed(there, 'error');
  const back = await browser.open(issuer.logIn(location).href);
  expect([back.status, landed(back, 'code')]).toEqual([302, null]);
  return landed(back, 'error');
}

async function refuses(name: string, script: Script, reason: string): Promise<void> {
  const before = await traces();
  expect(await attempt(name, script)).toBe('sso-failed');
  const reasons = await failuresOf(name);
  expect(reasons).toEqual([reason === '' ? expect.any(String) : reason]);
  expect(await traces()).toEqual(before);
  expect((await call(app, 'GET /health')).status).toBe(200);
}

describe('S22: X-auth4: an ID token with', () => {
  it.each(named('token', ID_TOKENS))('%s logs nobody in', async (_, script, reason, name) => {
    await refuses(name, script, reason);
  });

  it('nothing wrong logs in, also with clocks 50 s apart and several audiences that name us in azp', async () => {
    const changes: ((before: Claims) => Claims)[] = [
      (before) => before,
      (before) => ({ ...before, exp: now() - 50, iat: now() - 300 }),
      (before) => ({ ...before, iat: now() + 50, nbf: now() + 50 }),
      (before) => ({ ...before, aud: ['voiceassist', 'other'], azp: 'voiceassist' }),
      (before) => ({ ...before, aud: ['voiceassist'] }),
      (before) => ({ ...before, at_hash: undefined }),
    ];
    const issuer = provider.issuer('good');
    issuer.person = { sub: 'honest', email: 'honest@clinic.example', email_verified: true };
    for (const change of changes) {
      issuer.script = { claims: change };
      expect(landed(await new SsoBrowser(app).signOn('good', issuer), 'code')).not.toBeNull();
    }
  });
});

describe('S23: a provider that lies:', () => {
  it.each(named('lie', LIES))('%s logs nobody in', async (_, script, reason, name) => {
    await refuses(name, script, reason);
  });
});

describe('S23: a provider that breaks:', () => {
  it.each(BREAKING)('%s logs nobody in', async (_, script, name) => {
    await refuses(name, script, '');
  });

  // All at once: each takes as long as the server waits.
  it('one that stalls or drips on any page is given up within five seconds', async () => {
    const before = await traces();
    const errors = await Promise.all(STALLING.map(([, script, name]) => attempt(name, script)));
    expect(errors).toEqual(STALLING.map(() => 'sso-failed'));
    for (const [what, , name] of STALLING)
      expect([what, ...(await failuresOf(name))]).toEqual([what, 'provider-timeout']);
    expect(await traces()).toEqual(before);
    expect((await call(app, 'GET /health')).status).toBe(200);
  }, 60_000);
});

describe('S26: X-oidc4: a flood of unknown keys', () => {
  it('asks for the keys once, and takes a new key after a minute', async () => {
    const issuer = provider.issuer('flood');
    issuer.person = { sub: 'victim', email: 'victim@clinic.example' };
    let count = 0;
    issuer.script = { header: () => ({ kid: `unknown-${(count += 1)}` }) };
    const attempts = Array.from({ length: 100 }, () => new SsoBrowser(app).signOn('flood', issuer));
    for (const answer of await Promise.all(attempts)) expect(landed(answer, 'error')).toBe('sso-failed');
    expect(issuer.asked).toMatchObject({ discovery: 1, jwks: 1, token: 100 });
  }, 60_000);
});

/** Rows of a table: what, how, for which reason, and the issuer that does it. */
function named(prefix: string, cases: readonly Case[]): [string, Script, string, string][] {
  return cases.map(([what, script, reason = 'id-token'], index) => [what, script, reason, `${prefix}-${index}`]);
}

/** Answers with exactly this. */
function says(
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (_, response) => {
    response.writeHead(status, { ...(type !== '' && { 'content-type': type }), ...headers }).end(body);
    return true;
  };
}

function lies(change: Record<string, unknown>): (document: Record<string, unknown>) => Record<string, unknown> {
  return (document) => ({ ...document, ...change });
}

/** A public key that anybody can take apart. */
function smallKey(): Record<string, unknown> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 512 });
  return { ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' };
}
