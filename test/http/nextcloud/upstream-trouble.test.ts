// A Nextcloud in trouble, seen by clients of this server (bars R8, R9, R27, S38).
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, createUser, type Answer, type Problem, type TestUser } from '../../support/api.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { createLinkedUser, putFiles, startSettledNextcloud } from '../../support/indexed-account.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';
import { startTestApp, type TestApp } from '../../support/test-app.ts';
import { until } from '../../support/until.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(env: Record<string, string> = {}) {
  const nextcloud = await startSettledNextcloud();
  cleanUps.push(() => nextcloud.stop());
  const app = await startTestApp({ env: { NEXTCLOUD_URL: nextcloud.url, ...env } });
  cleanUps.push(() => app.close());
  const anna = await createLinkedUser(app, nextcloud, 'anna');
  const berta = await createLinkedUser(app, nextcloud, 'berta');
  for (const uid of ['anna', 'berta']) putFiles(nextcloud, uid, { '/docs/a.md': '# A' });
  nextcloud.clearRequests();
  return { nextcloud, app, anna, berta };
}

const list = (app: TestApp, { access_token: token }: TestUser): Promise<Answer<Problem>> =>
  call<Problem>(app, 'GET /api/integrations/files?path=/docs', { token });
const asked = (nextcloud: NextcloudDouble): number =>
  nextcloud.requests.filter(({ path }) => path.includes('/remote.php/dav/')).length;
const retryAfterOf = (answer: Answer<Problem>): number => Number(answer.headers.get('retry-after'));

describe('R8: a Nextcloud that', () => {
  let shared: Awaited<ReturnType<typeof start>>;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    shared = await start();
    const parts = cleanUps.splice(0);
    stop = async () => {
      for (const cleanUp of parts.reverse()) await cleanUp();
    };
  });
  afterAll(() => stop());

  it.each<[string, (nextcloud: NextcloudDouble) => unknown, number, string]>([
    ['F24 is in maintenance', ({ faults }) => (faults.isInMaintenance = true), 503, 'upstream-maintenance'],
    ['shows a login page with 200', ({ faults }) => (faults.showsHtmlLogin = true), 502, 'upstream-misconfigured'],
    ['cuts its answers off', ({ faults }) => (faults.truncateBodyAfterBytes = 40), 502, 'upstream-unavailable'],
    ['answers 429', ({ faults }) => faults.tooManyRequests('/remote.php', 1), 503, 'upstream-throttled'],
    [
      'sends XML that ends too early',
      ({ faults }) => (faults.hostileXml = 'not-well-formed'),
      502,
      'upstream-protocol-error',
    ],
  ])('%s is told as a typed problem, never as an empty folder', async (_, arrange, status, code) => {
    const { nextcloud, app, anna } = shared;
    arrange(nextcloud);
    const answer = await list(app, anna);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    if (code === 'upstream-throttled') expect(retryAfterOf(answer)).toBeGreaterThan(0);
    nextcloud.faults.reset();
    expect((await list(app, anna)).status).toBe(200);
  });

  it('asks to come back later has its Retry-After passed on, and is not asked before, by anybody', async () => {
    const { nextcloud, app, anna, berta } = await start();
    nextcloud.faults.retryAfter503Seconds = 120;
    const first = await list(app, anna);
    expect([first.status, retryAfterOf(first)]).toEqual([502, 120]);
    const count = asked(nextcloud);
    const second = await list(app, berta);
    expect([second.status, second.body.code]).toEqual([503, 'upstream-busy']);
    expect(retryAfterOf(second)).toBeGreaterThan(60);
    expect(asked(nextcloud)).toBe(count);
  });
});

describe('R9: a Nextcloud that fails 20 times in a row', () => {
  it('is left alone after five, answered for at once, tried by one request at a time, and back after its success', async () => {
    const { nextcloud, app, anna, berta } = await start();
    nextcloud.faults.isInMaintenance = true;
    const answers: Answer<Problem>[] = [];
    const durationsMs: number[] = [];
    for (let time = 0; time < 20; time += 1) {
      const startedAt = performance.now();
      answers.push(await list(app, time % 2 === 0 ? anna : berta));
      durationsMs.push(performance.now() - startedAt);
    }
    expect(answers.map(({ body }) => body.code)).toEqual([...Array<string>(20).fill('upstream-maintenance')]);
    expect(asked(nextcloud)).toBe(5);
    // The bar is 100 ms; a busy machine gets ten times that.
    expect(Math.max(...durationsMs.slice(5))).toBeLessThan(1_000);
    expect(answers.slice(5).every((answer) => retryAfterOf(answer) >= 1)).toBe(true);
    // What needs no Nextcloud goes on.
    expect((await call(app, 'GET /api/users/me', { token: anna.access_token })).status).toBe(200);
    expect((await call(app, 'GET /health')).status).toBe(200);

    nextcloud.faults.isInMaintenance = false;
    nextcloud.clearRequests();
    const release = nextcloud.hold('/remote.php/dav/');
    const probes: Promise<Answer<Problem>>[] = [];
    await until(async () => {
      if (asked(nextcloud) > 0) return true;
      probes.push(list(app, anna));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return asked(nextcloud) > 0;
    });
    const others = await Promise.all(Array.from({ length: 10 }, () => list(app, berta)));
    expect(new Set(others.map(({ body }) => body.code))).toEqual(new Set(['upstream-maintenance']));
    expect(asked(nextcloud)).toBe(1);
    release();
    expect((await Promise.all(probes)).filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await list(app, berta)).status).toBe(200);
  });
});

describe('F11: a Nextcloud that answers 500 to everything', () => {
  it('is left alone after five', async () => {
    const { nextcloud, app, anna } = await start();
    nextcloud.faults.scripted.push(
      ...Array.from({ length: 8 }, () => ({
        path: '/remote.php/dav',
        status: 500,
        body: '<html>Internal Server Error</html>',
      })),
    );
    const codes: unknown[] = [];
    for (let time = 0; time < 8; time += 1) codes.push((await list(app, anna)).body.code);
    expect(codes).toEqual([
      ...Array<string>(5).fill('upstream-unavailable'),
      ...Array<string>(3).fill('upstream-busy'),
    ]);
    expect(asked(nextcloud)).toBe(5);
  });
});

describe('R27: a user who opens 500 slow calls', () => {
  it('takes his share and no more: the rest is refused at once, and another user is served meanwhile', async () => {
    const env = { NEXTCLOUD_REQUESTS: '8', NEXTCLOUD_REQUESTS_PER_USER: '3', NEXTCLOUD_WAITING_PER_USER: '10' };
    const { nextcloud, app, anna, berta } = await start(env);
    const release = nextcloud.hold('/files/anna/');
    const answers: Answer<Problem>[] = [];
    const calls = Array.from({ length: 500 }, () => list(app, anna).then((answer) => answers.push(answer)));
    await until(() => Promise.resolve(answers.length === 487));
    expect(asked(nextcloud)).toBe(3);
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
      new Set(['503 upstream-busy']),
    );
    expect(answers.every((answer) => retryAfterOf(answer) >= 1)).toBe(true);
    for (let time = 0; time < 5; time += 1) expect((await list(app, berta)).status).toBe(200);
    release();
    await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(13);
    expect((await list(app, anna)).status).toBe(200);
  });

  it('is bounded together with all others, each of whom gets a turn', async () => {
    const env = { NEXTCLOUD_REQUESTS: '2', NEXTCLOUD_REQUESTS_PER_USER: '2', NEXTCLOUD_WAITING_PER_USER: '5' };
    const { nextcloud, app, anna, berta } = await start(env);
    const release = nextcloud.hold('/remote.php/dav/');
    const calls = [anna, anna, anna, anna, berta, berta].map((user) => list(app, user));
    await until(() => Promise.resolve(asked(nextcloud) === 2));
    release();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array<number>(6).fill(200));
  });
});

describe('S38: an upstream whose certificate is not good enough', () => {
  it('is refused with its reason, and leaves one audit row however often it is tried', async () => {
    const { certificatePem, keyPem } = makeCertificate();
    const server = await ScriptedServer.start(() => undefined, { cert: certificatePem, key: keyPem });
    cleanUps.push(() => server.stop());
    const app = await startTestApp({ env: { NEXTCLOUD_URL: server.origin } });
    cleanUps.push(() => app.close());
    const { access_token: token } = await createUser(app);
    for (let time = 0; time < 4; time += 1) {
      const answer = await call<Problem>(app, 'PUT /api/integrations/nextcloud/account', {
        token,
        json: { login_name: 'anna', app_password: 'aaaaa-bbbbb-ccccc-ddddd-eeeee' },
      });
      expect([answer.status, answer.body.code]).toEqual([502, 'upstream-tls-failure']);
    }
    expect(server.requests).toEqual([]);
    const rows = () =>
      app.database.read((em) =>
        em.execute<{ target_id: string; outcome: string; reason: string }[]>(
          "select target_id, outcome, details->>'reason' as reason from audit_events where action = 'outbound.tls-refused'",
        ),
      );
    await until(async () => (await rows()).length > 0);
    expect(await rows()).toEqual([{ target_id: 'nextcloud', outcome: 'denied', reason: 'self-signed' }]);
  });
});
