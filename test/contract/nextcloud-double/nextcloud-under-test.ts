import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { grantInBrowser } from './browser-grant.ts';
import { basic, bearer, send } from './raw-http.ts';
import type { RawAnswer, RawRequest } from './raw-http.ts';

/** A user made for one test file. */
export interface TestUser {
  readonly uid: string;
  readonly password: string;
  readonly appPassword: string;
}

const OCS = { 'OCS-APIRequest': 'true' };
const REAL_URL = process.env['TEST_NEXTCLOUD_URL'];

/** Whether the suite speaks to a real server, as TEST_NEXTCLOUD_URL and the admin's name and password tell. */
export const IS_REAL = REAL_URL !== undefined && REAL_URL !== '';

/** Whether the server is on this machine and sees every loopback address as another client. */
export const IS_LOCAL = !IS_REAL || /^http:\/\/(127\.|localhost)/.test(REAL_URL ?? '');

/** For behaviours that need injected faults or a hand on the clock: they run against the double only. */
export const describeOnDouble = IS_REAL ? describe.skip : describe;

/** The server the suite runs against: a real Nextcloud when one is named in the environment, else the double. */
export class NextcloudUnderTest {
  readonly adminUser: string;
  readonly adminPassword: string;
  readonly #users: string[] = [];

  private constructor(
    readonly url: string,
    private readonly nextcloudDouble: NextcloudDouble | null,
  ) {
    this.adminUser = (nextcloudDouble === null ? process.env['TEST_NEXTCLOUD_ADMIN_USER'] : undefined) ?? 'admin';
    this.adminPassword =
      (nextcloudDouble === null ? process.env['TEST_NEXTCLOUD_ADMIN_PASSWORD'] : undefined) ?? 'admin-password';
  }

  static async start(): Promise<NextcloudUnderTest> {
    if (IS_REAL) return new NextcloudUnderTest((REAL_URL ?? '').replace(/\/$/, ''), null);
    const double = await NextcloudDouble.start();
    return new NextcloudUnderTest(double.url, double);
  }

  /** The double itself, for tests that only run on it. */
  get double(): NextcloudDouble {
    if (this.nextcloudDouble === null) throw new Error('Not running against the double');
    return this.nextcloudDouble;
  }

  /** Deletes the users this object made and, for the double, the server. */
  async stop(): Promise<void> {
    for (const uid of this.#users) await this.admin('DELETE', `/users/${uid}`);
    await this.nextcloudDouble?.stop();
  }

  /** An OCS v2 provisioning call of the administrator, form-encoded. */
  async admin(method: string, path: string, fields: Record<string, string> = {}): Promise<RawAnswer> {
    return this.ocs(`/cloud${path}`, {
      method,
      headers: { ...basic(this.adminUser, this.adminPassword), 'Content-Type': 'application/x-www-form-urlencoded' },
      ...(method === 'GET' ? {} : { body: new URLSearchParams(fields).toString() }),
    });
  }

  /** An OCS v2 call with the CSRF header, answered in JSON. */
  async ocs(path: string, request: RawRequest = {}): Promise<RawAnswer> {
    const mark = path.includes('?') ? '&' : '?';
    return send(`${this.url}/ocs/v2.php${path}${mark}format=json`, {
      ...request,
      headers: { ...OCS, ...request.headers },
    });
  }

  async createUser(): Promise<TestUser> {
    const uid = `contract-${randomBytes(5).toString('hex')}`;
    const password = `Contract-${randomBytes(9).toString('hex')}`;
    const created = await this.admin('POST', '/users', { userid: uid, password, email: `${uid}@example.com` });
    if (created.status !== 200) throw new Error(`Cannot create ${uid}: ${created.status} ${created.text}`);
    this.#users.push(uid);
    return { uid, password, appPassword: await this.createAppPassword(uid, password) };
  }

  async createAppPassword(uid: string, password: string): Promise<string> {
    const issued = await this.ocs('/core/getapppassword', { headers: basic(uid, password) });
    if (issued.status !== 200) throw new Error(`No app password for ${uid}: ${issued.status} ${issued.text}`);
    return ocsData(issued)['apppassword'] as string;
  }

  /** A DAV request of the user on his own files, with Bearer. @param path raw, percent-encoded, starting with a slash */
  async dav(user: TestUser, path: string, request: RawRequest = {}): Promise<RawAnswer> {
    return send(this.davUrl(user, path), { ...request, headers: { ...bearer(user.appPassword), ...request.headers } });
  }

  davUrl(user: TestUser, path: string): string {
    return `${this.url}/remote.php/dav/files/${user.uid}${path}`;
  }

  /** Uploads a file and fails loudly when the server does not take it. */
  async put(
    user: TestUser,
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<RawAnswer> {
    const answer = await this.dav(user, path, { method: 'PUT', body, headers });
    if (answer.status !== 201 && answer.status !== 204) throw new Error(`PUT ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async makeFolder(user: TestUser, path: string): Promise<void> {
    const answer = await this.dav(user, path, { method: 'MKCOL' });
    if (answer.status !== 201) throw new Error(`MKCOL ${path}: ${answer.status} ${answer.text}`);
  }

  /** The user opens the login URL and presses "Grant access". */
  async grantLogin(loginUrl: string, user: TestUser): Promise<void> {
    if (this.nextcloudDouble === null) await grantInBrowser(loginUrl, user);
    else this.nextcloudDouble.grantLogin(loginUrl, user.uid);
  }

  /** The owner shares a file or folder with the recipient. @returns a function that ends the share */
  async share(owner: TestUser, path: string, recipient: TestUser): Promise<() => Promise<void>> {
    if (this.nextcloudDouble !== null) {
      const double = this.nextcloudDouble;
      double.share(owner.uid, path, recipient.uid);
      return async () => {
        double.unshare(owner.uid, path, recipient.uid);
        return Promise.resolve();
      };
    }
    const headers = { ...basic(owner.uid, owner.password), 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ path, shareType: '0', shareWith: recipient.uid, permissions: '31' }).toString();
    const shared = await this.ocs('/apps/files_sharing/api/v1/shares', { method: 'POST', headers, body });
    if (shared.status !== 200) throw new Error(`Cannot share ${path}: ${shared.status} ${shared.text}`);
    const id = String(ocsData(shared)['id']);
    return async () => {
      await this.ocs(`/apps/files_sharing/api/v1/shares/${id}`, { method: 'DELETE', headers });
    };
  }
}

/** @returns `ocs.data` of a JSON answer. */
export function ocsData(answer: RawAnswer): Record<string, unknown> {
  return (JSON.parse(answer.text) as { ocs: { data: Record<string, unknown> } }).ocs.data;
}

/** @returns `ocs.meta` of a JSON answer. */
export function ocsMeta(answer: RawAnswer): { status: string; statuscode: number; message: string } {
  return (JSON.parse(answer.text) as { ocs: { meta: { status: string; statuscode: number; message: string } } }).ocs
    .meta;
}
