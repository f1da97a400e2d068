// Webhooks of Nextcloud's webhook_listeners app, and signed ones: hints and nothing more (bars S64, S17).
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { rawRequest } from '../../support/raw-request.ts';
import { signatureFields, type ToSign } from '../../support/signed-fetch.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';

const PATH = '/api/integrations/nextcloud/webhooks';
const SECRET = 'a8f5f167f44f4964e6c998dee827110c';
const hooks = { id: 'hooks', base64: Buffer.alloc(32, 3).toString('base64') };
const bearer = { authorization: `Bearer ${SECRET}` };

/** Bodies as the app sends them, taken from the documentation of Nextcloud. */
const WRITTEN = 'OCP\\Files\\Events\\Node\\NodeWrittenEvent';
const body = (uid: string | null, eventClass = WRITTEN): string =>
  // PHP escapes slashes.
  JSON.stringify({
    event: { class: eventClass, node: { id: 437, path: `/${String(uid)}/files/Documents/a.md` } },
    user: uid === null ? null : { uid, displayName: 'Anna' },
    time: 1_700_100_000,
  }).replaceAll('/', '\\/');

let nextcloud: NextcloudDouble;
let app: TestApp;
let anna: TestUser;

beforeAll(async () => {
  nextcloud = await startSettledNextcloud();
  app = await startTestApp({
    env: {
      NEXTCLOUD_URL: nextcloud.url,
      NEXTCLOUD_WEBHOOK_SECRET: SECRET,
      REQUEST_SIGNING_KEYS: `${hooks.id}:${hooks.base64}:webhooks`,
      // Hints stay where the test can see them.
      PROCESS_ROLE: 'api',
    },
  });
  anna = await createLinkedUser(app, nextcloud, 'anna');
  await createLinkedUser(app, nextcloud, 'berta');
});
afterAll(async () => {
  await app.close();
  await nextcloud.stop();
});
afterEach(() => app.database.read((em) => em.execute('delete from scan_states')));

const hinted = async () =>
  (
    await app.database.read((em) =>
      em.execute<{ user_id: string }[]>('select user_id from scan_states where hinted_at is not null'),
    )
  ).map(({ user_id }) => user_id);

const send = (text: string, headers: Record<string, string> = bearer): Promise<Answer<Problem>> =>
  call<Problem>(app, `POST ${PATH}`, { headers: { 'content-type': 'application/json', ...headers }, body: text });

function sendSigned(signed: Partial<ToSign> = {}, text = body('anna')): Promise<Answer<Problem>> {
  return send(text, signatureFields({ method: 'POST', target: PATH, body: body('anna'), key: hooks, ...signed }));
}

describe('a webhook with the secret', () => {
  it('asks for a scan of the user it names and of nobody else, answers 202 and asks Nextcloud nothing', async () => {
    nextcloud.clearRequests();
    const answer = await send(body('anna'));
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await hinted()).toEqual([anna.id]);
    expect(nextcloud.requests).toEqual([]);
  });

  it('is read without a Content-Type, as webhook_listeners sends it', async () => {
    const answer = await rawRequest(app.url, { method: 'POST', path: PATH, headers: bearer, body: body('anna') });
    expect(answer.status).toBe(202);
    expect(await hinted()).toEqual([anna.id]);
  });

  it('is harmless when it comes again and again: one user, one hint', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body('anna'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await hinted()).toEqual([anna.id]);
  });

  it.each([
    ['of a user nobody has linked', body('zoe')],
    ['of nobody', body(null)],
    ['of an event before anything happened', body('anna', 'OCP\\Files\\Events\\Node\\BeforeNodeWrittenEvent')],
    ['of a calendar', body('anna', 'OCP\\Calendar\\Events\\CalendarObjectCreatedEvent')],
    ['with a user id that is no text', JSON.stringify({ event: { class: WRITTEN }, user: { uid: { $ne: null } } })],
    ['with an endless user id', body('a'.repeat(20_000))],
    ['with a NUL in the user id', body('an\0na')],
    ['that is a list', '[]'],
    ['that is no object', '7'],
  ])('%s changes nothing and is answered 202 like every other', async (_, text) => {
    const answer = await send(text);
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await hinted()).toEqual([]);
  });

  it('is refused when its body is no JSON (400), no JSON by its own word (415), or larger than 64 KiB (413)', async () => {
    expect((await send('{"event":')).status).toBe(400);
    expect((await send('a=b', { ...bearer, 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    const large = JSON.stringify({ event: { class: WRITTEN }, user: { uid: 'anna' }, padding: 'x'.repeat(70_000) });
    expect((await send(large)).body.code).toBe('payload-too-large');
    const chunked = await fetch(app.url + PATH, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: ReadableStream.from([large.slice(0, 60_000), large.slice(60_000)].map((piece) => Buffer.from(piece))),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
    expect(await hinted()).toEqual([]);
  });

  it('R25: larger than anything the server reads, or of another type, it is refused and the server lives', async () => {
    const huge = 'x'.repeat(3_000_000);
    for (const type of ['application/json', 'text/plain']) {
      // On a connection of its own: the server closes it without reading on, which may reach a sender as a broken pipe.
      const sent = rawRequest(app.url, {
        method: 'POST',
        path: PATH,
        headers: { ...bearer, 'content-type': type },
        body: huge,
      });
      const status = await sent.then((answer) => answer.status).catch(() => 'broken off');
      expect([413, 415, 'broken off']).toContain(status);
    }
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
  });
});

describe('a webhook of somebody else', () => {
  it.each([
    ['no secret', {}],
    ['another secret', { authorization: `Bearer ${SECRET}x` }],
    ['the secret as Basic', { authorization: `Basic ${Buffer.from(`x:${SECRET}`).toString('base64')}` }],
    ['the secret in another field', { 'x-webhook-secret': SECRET }],
  ])('is refused with 401 with %s, and changes nothing', async (_, headers: Record<string, string>) => {
    const answer = await send(body('anna'), headers);
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    expect(await hinted()).toEqual([]);
  });

  it('is refused with the access token of a user', async () => {
    expect((await send(body('anna'), { authorization: `Bearer ${anna.access_token}` })).status).toBe(401);
  });

  it('leaves one audit row a minute, however often it comes', async () => {
    for (let time = 0; time < 5; time += 1) await send(body('anna'), { authorization: 'Bearer guess' });
    const rows = await app.database.read((em) =>
      em.execute<{ reason: string }[]>(
        "select details->>'reason' as reason from audit_events where action = 'webhook.refused'",
      ),
    );
    expect(rows.filter(({ reason }) => reason === 'unauthenticated')).toHaveLength(1);
  });
});

describe('S64: a signed webhook', () => {
  it('is accepted once with a key for webhooks', async () => {
    const nonce = 'b6a9f1d2-0000-4000-8000-000000000001';
    expect((await sendSigned({ nonce })).status).toBe(202);
    expect(await hinted()).toEqual([anna.id]);
    expect((await sendSigned({ nonce })).body.code).toBe('signature-invalid');
  });

  it('is refused with 401 when it is altered, late, or over something else, and changes nothing', async () => {
    const late = Math.floor(Date.now() / 1000) - 400;
    const answers = [
      await sendSigned({}, body('berta')),
      await sendSigned({ createdSeconds: late }),
      await sendSigned({ target: '/api/users/me' }),
      await sendSigned({ key: { ...hooks, id: 'other' } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(await hinted()).toEqual([]);
  });

  it('with a bad signature is not saved by the secret', async () => {
    const fields = signatureFields({ method: 'POST', target: PATH, body: 'other', key: hooks });
    expect((await send(body('anna'), { ...bearer, ...fields })).body.code).toBe('signature-invalid');
  });
});

describe('in production', () => {
  const start = (env: Record<string, string>) =>
    startTestApp({
      env: {
        NODE_ENV: 'production',
        NEXTCLOUD_URL: 'https://cloud.clinic.test',
        NEXTCLOUD_WEBHOOK_SECRET: SECRET,
        PUBLIC_URL: 'https://api.clinic.test',
        JWT_SECRET: 'k7Gq2vX9sB4nM1zR8wT5yU3eP6aD0fHj',
        SECRETS_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64')}`,
        ALLOW_EMBEDDED_DATABASE: 'true',
        BCRYPT_ROUNDS: '12',
        TRUSTED_PROXIES: '127.0.0.1',
        ...env,
      },
    });

  it('takes the secret over https only, unless the network is declared to be private', async () => {
    const strict = await start({});
    const post = (server: TestApp, headers: Record<string, string>) =>
      call(server, `POST ${PATH}`, { headers: { 'content-type': 'application/json', ...headers }, body: body('zoe') });
    try {
      expect((await post(strict, bearer)).status).toBe(401);
      expect((await post(strict, { ...bearer, 'x-forwarded-proto': 'https' })).status).toBe(202);
    } finally {
      await strict.close();
    }
    const open = await start({ NEXTCLOUD_ALLOW_HTTP: 'true', NEXTCLOUD_URL: 'http://nextcloud' });
    try {
      expect((await post(open, bearer)).status).toBe(202);
    } finally {
      await open.close();
    }
  });
});

describe('the limit of webhooks', () => {
  it('S17: answers 429 with Retry-After to who sends more than it allows', async () => {
    const limited = await startTestApp({
      env: { NEXTCLOUD_WEBHOOK_SECRET: SECRET, RATE_LIMIT_WEBHOOKS_PER_MINUTE: '2' },
    });
    try {
      await createUser(limited);
      const statuses: number[] = [];
      for (let time = 0; time < 3; time += 1) {
        const answer = await call(limited, `POST ${PATH}`, {
          headers: { 'content-type': 'application/json', ...bearer },
          body: body('zoe'),
        });
        statuses.push(answer.status);
        if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect(statuses).toEqual([202, 202, 429]);
    } finally {
      await limited.close();
    }
  });
});
