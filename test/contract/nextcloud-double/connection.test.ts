// The connection itself, and the double's own instruments: idle sockets, the request log, large generated accounts.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent } from 'node:http';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { PROPFIND_BODY, resourcesOf } from './multistatus.ts';
import { describeOnDouble, NextcloudUnderTest } from './nextcloud-under-test.ts';
import { basic, bearer, send } from './raw-http.ts';

let nextcloud: NextcloudUnderTest;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
});

afterAll(async () => nextcloud.stop());

describe('an idle connection', () => {
  it('is closed by the server after five seconds', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const closed = new Promise<number>((resolve) => {
      agent.on('free', (socket: { once: (event: 'close', listener: () => void) => void }) => {
        socket.once('close', () => resolve(Date.now()));
      });
    });
    const sentAt = Date.now();
    expect((await send(`${nextcloud.url}/status.php`, { agent })).status).toBe(200);
    const openMs = (await closed) - sentAt;
    agent.destroy();
    expect(openMs).toBeGreaterThan(4000);
    expect(openMs).toBeLessThan(50_000);
  });
});

describeOnDouble('the instruments (double only)', () => {
  it('log who asked for what, with which credential, how deep and with what result', async () => {
    const anna = await nextcloud.createUser();
    nextcloud.double.clearRequests();
    await nextcloud.dav(anna, '/x%20y.txt', { method: 'PUT', body: '12345' });
    await send(nextcloud.davUrl(anna, '/?a=b'), {
      method: 'PROPFIND',
      headers: { Depth: '0', Cookie: 'a=b', ...basic(anna.uid, anna.password) },
    });
    const [put, list] = nextcloud.double.requests;
    expect(put).toMatchObject({
      method: 'PUT',
      path: `/remote.php/dav/files/${anna.uid}/x%20y.txt`,
      authorizationScheme: 'bearer',
      loginName: null,
      authenticatedUid: anna.uid,
      usedAppPassword: true,
      status: 201,
      requestBytes: 5,
    });
    expect(list).toMatchObject({
      query: 'a=b',
      authorizationScheme: 'basic',
      loginName: anna.uid,
      usedAppPassword: false,
      depth: '0',
    });
    expect(list?.hasCookie).toBe(true);
    expect(JSON.stringify(nextcloud.double.requests)).not.toContain(anna.appPassword);
  });

  it('generate 10,000 files in 500 folders and list one folder or all of them', async () => {
    const double = await NextcloudDouble.start();
    double.addUser({ uid: 'anna', password: 'Anna-password-1' });
    const secret = double.createAppPassword('anna');
    double.seedTree({ uid: 'anna', folders: 500, filesPerFolder: 20, root: '/library' });
    const list = (path: string, depth: string) =>
      send(`${double.url}/remote.php/dav/files/anna${path}`, {
        method: 'PROPFIND',
        headers: { Depth: depth, ...bearer(secret) },
        body: PROPFIND_BODY,
      });
    const folder = resourcesOf(await list('/library/folder-00123', '1'));
    expect(folder).toHaveLength(21);
    const all = await list('/', 'infinity');
    expect(all.text.match(/<d:response>/g)).toHaveLength(10_502);
    await double.stop();
  });
});
