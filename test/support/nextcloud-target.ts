import { OutboundClient } from '../../src/outbound/outbound.client.ts';
import type { UpstreamPolicy } from '../../src/outbound/upstream.policy.ts';
import type { NextcloudCredential, NextcloudLogin } from '../../src/nextcloud/dav/nextcloud-credential.ts';
import { nextcloudPolicy } from '../../src/nextcloud/dav/nextcloud.policy.ts';
import { OcsClient } from '../../src/nextcloud/server/ocs.client.ts';
import { ProvisioningClient } from '../../src/nextcloud/users/protocol/provisioning.client.ts';
import { NextcloudDouble } from '../nextcloud-double/nextcloud-double.ts';

const PASSWORD = 'Sehr-geheim-€-2026';

/** A user of the Nextcloud under test. */
export interface TargetUser {
  readonly uid: string;
  readonly password: string;
  /** With an app password, as Bearer. */
  readonly credential: NextcloudCredential;
}

/**
 * The Nextcloud that protocol tests talk to: a real one when TEST_NEXTCLOUD_URL, TEST_NEXTCLOUD_ADMIN_USER and
 * TEST_NEXTCLOUD_ADMIN_PASSWORD are set, else the double. Everything it does goes over HTTP, so both see the same.
 */
export class NextcloudTarget {
  readonly baseUrl: string;
  readonly admin: NextcloudLogin;
  /** Null on a real server: faults cannot be injected there. */
  readonly double: NextcloudDouble | null;
  readonly outbound: OutboundClient;
  private readonly created: string[] = [];

  private constructor(baseUrl: string, admin: NextcloudLogin, double: NextcloudDouble | null) {
    this.baseUrl = baseUrl;
    this.admin = admin;
    this.double = double;
    this.outbound = new OutboundClient({ operatorOrigins: [baseUrl] });
  }

  static async start(): Promise<NextcloudTarget> {
    const url = process.env['TEST_NEXTCLOUD_URL'];
    const loginName = process.env['TEST_NEXTCLOUD_ADMIN_USER'] ?? 'admin';
    const secret = process.env['TEST_NEXTCLOUD_ADMIN_PASSWORD'] ?? 'admin-password';
    if (url) return new NextcloudTarget(url.replace(/\/+$/, ''), { loginName, secret, scheme: 'basic' }, null);
    const double = await NextcloudDouble.start();
    return new NextcloudTarget(double.url, { loginName: 'admin', secret: 'admin-password', scheme: 'basic' }, double);
  }

  async stop(): Promise<void> {
    for (const uid of this.created) await this.send('DELETE', `/ocs/v2.php/cloud/users/${uid}`, this.admin);
    await this.outbound.close();
    await this.double?.stop();
  }

  /** A policy that fails fast; tests of trouble would else wait for real time-outs. */
  policy(overrides: Partial<UpstreamPolicy> = {}): UpstreamPolicy {
    return nextcloudPolicy(this.baseUrl, { breakerThreshold: 1_000, ...overrides });
  }

  ocs(overrides: Partial<UpstreamPolicy> = {}): OcsClient {
    return new OcsClient({ outbound: this.outbound, policy: this.policy(overrides), baseUrl: this.baseUrl });
  }

  provisioning(): ProvisioningClient {
    return new ProvisioningClient({ outbound: this.outbound, policy: this.policy(), baseUrl: this.baseUrl });
  }

  async makeUser(): Promise<TargetUser> {
    const uid = `t${crypto.randomUUID().slice(0, 13)}`;
    this.created.push(uid);
    await this.provisioning().createUser(this.admin, { userId: uid, password: PASSWORD, displayName: 'Tësty' });
    const answer = await this.send('GET', '/ocs/v2.php/core/getapppassword?format=json', basic(uid, PASSWORD));
    const { ocs } = (await answer.json()) as { ocs: { data: { apppassword: string } } };
    const login = { loginName: uid, secret: ocs.data.apppassword, scheme: 'bearer' } as const;
    return { uid, password: PASSWORD, credential: { ...login, uid, baseUrl: this.baseUrl } };
  }

  /** Writes a file as its owner; the folders above it must exist. */
  async putFile(
    user: TargetUser,
    encodedPath: string,
    content: string,
    headers: Record<string, string> = {},
  ): Promise<void> {
    const answer = await this.send('PUT', this.filePath(user, encodedPath), user.credential, {
      body: content,
      headers,
    });
    if (answer.status !== 201 && answer.status !== 204) throw new Error(`PUT answered ${String(answer.status)}`);
  }

  async makeFolder(user: TargetUser, encodedPath: string): Promise<void> {
    const answer = await this.send('MKCOL', this.filePath(user, encodedPath), user.credential);
    if (answer.status !== 201) throw new Error(`MKCOL answered ${String(answer.status)}`);
  }

  /** Moves a file or folder of its owner. */
  async move(user: TargetUser, encodedFrom: string, encodedTo: string): Promise<void> {
    const headers = { destination: this.baseUrl + this.filePath(user, encodedTo) };
    const answer = await this.send('MOVE', this.filePath(user, encodedFrom), user.credential, { headers });
    if (answer.status !== 201) throw new Error(`MOVE answered ${String(answer.status)}`);
  }

  /** Copies a file or folder of its owner. */
  async copy(user: TargetUser, encodedFrom: string, encodedTo: string): Promise<void> {
    const headers = { destination: this.baseUrl + this.filePath(user, encodedTo) };
    const answer = await this.send('COPY', this.filePath(user, encodedFrom), user.credential, { headers });
    if (answer.status !== 201) throw new Error(`COPY answered ${String(answer.status)}`);
  }

  async remove(user: TargetUser, encodedPath: string): Promise<void> {
    const answer = await this.send('DELETE', this.filePath(user, encodedPath), user.credential);
    if (answer.status !== 204) throw new Error(`DELETE answered ${String(answer.status)}`);
  }

  async disable(user: TargetUser): Promise<void> {
    await this.send('PUT', `/ocs/v2.php/cloud/users/${user.uid}/disable`, this.admin);
  }

  private filePath(user: TargetUser, encodedPath: string): string {
    return `/remote.php/dav/files/${user.uid}${encodedPath}`;
  }

  private async send(method: string, path: string, login: NextcloudLogin, init: RequestInit = {}): Promise<Response> {
    const authorization =
      login.scheme === 'bearer'
        ? `Bearer ${login.secret}`
        : `Basic ${Buffer.from(`${login.loginName}:${login.secret}`, 'utf8').toString('base64')}`;
    const headers = {
      authorization,
      'ocs-apirequest': 'true',
      ...(init.headers as Record<string, string> | undefined),
    };
    return fetch(this.baseUrl + path, { ...init, method, headers });
  }
}

/** A login with the user's own password. */
export function basic(loginName: string, secret: string): NextcloudLogin {
  return { loginName, secret, scheme: 'basic' };
}
