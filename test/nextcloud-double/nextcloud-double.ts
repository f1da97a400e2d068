import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NewAccount } from './accounts.ts';
import { htmlAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ServerClock } from './clock.ts';
import { answerDav } from './dav-router.ts';
import { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import { answerLoginFlow } from './login-flow.ts';
import { answerOAuth2 } from './oauth2-app.ts';
import type { OAuth2Client } from './oauth2-app.ts';
import { answerOcs } from './ocs-router.ts';
import { answerOidc } from './oidc-app.ts';
import type { OidcApp } from './oidc-app.ts';
import type { RequestRecord } from './request-log.ts';
import { ServerState } from './server-state.ts';
import { Transport } from './transport.ts';
import { segmentsOf } from './tree-node.ts';
import type { FileNode, FolderNode, Located } from './tree-node.ts';
import { seedTree } from './tree-seed.ts';
import type { SeedOptions } from './tree-seed.ts';
import { answerFault, answerStatus, answerWebPage } from './web-pages.ts';

/** How to start a double. */
export interface NextcloudDoubleOptions {
  /** Default 0: any free port, on 127.0.0.1. */
  readonly port?: number;
  /** Default `admin`. */
  readonly adminUser?: string;
  /** Default `admin-password`. */
  readonly adminPassword?: string;
  /** Idle connections are closed after this long; default 5,000 as Apache does. */
  readonly keepAliveTimeoutMs?: number;
  /** Whether Basic requests really wait out the brute-force delay; default false, it is only reported. */
  readonly sleepsBruteForceDelay?: boolean;
}

/** A Nextcloud 27 as seen on the wire, in memory: identity, login flow, files. `README.md` beside it lists what it reproduces. */
export class NextcloudDouble {
  readonly #state = new ServerState();
  readonly #transport: Transport;
  readonly #server: Server;
  readonly #sleepsBruteForceDelay: boolean;
  #requests: RequestRecord[] = [];
  #url = '';

  private constructor(options: NextcloudDoubleOptions) {
    this.#sleepsBruteForceDelay = options.sleepsBruteForceDelay ?? false;
    this.#transport = new Transport(this.#state.faults, () => this.#state.clock.nowMs());
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = options.keepAliveTimeoutMs ?? 5000;
    this.#server.keepAliveTimeoutBuffer = 0;
    this.addUser({
      uid: options.adminUser ?? 'admin',
      password: options.adminPassword ?? 'admin-password',
      isAdmin: true,
    });
  }

  static async start(options: NextcloudDoubleOptions = {}): Promise<NextcloudDouble> {
    const double = new NextcloudDouble(options);
    await new Promise<void>((resolve, reject) => {
      double.#server.once('error', reject);
      double.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    const { port } = double.#server.address() as AddressInfo;
    double.#url = `http://127.0.0.1:${port}`;
    return double;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** The base URL, without a trailing slash. */
  get url(): string {
    return this.#url;
  }

  /** Every request since the start or the last {@link clearRequests}, in order of arrival. */
  get requests(): readonly RequestRecord[] {
    return this.#requests;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  get faults(): Faults {
    return this.#state.faults;
  }

  get clock(): ServerClock {
    return this.#state.clock;
  }

  /** Keeps answers back until the returned function is called, so that a test decides the order. @param path occurs in the raw path */
  hold(path: string): () => void {
    const { promise, resolve } = Promise.withResolvers<null>();
    this.faults.held = { path, until: promise };
    return () => {
      if (this.faults.held?.until === promise) this.faults.held = null;
      resolve(null);
    };
  }

  /** The feeds of the app `activity` forget what they hold, as they do after a time. */
  expireActivities(): void {
    this.#state.activity.expire();
  }

  /** Forgets all failed logins, as an administrator can. */
  clearBruteForceAttempts(): void {
    this.#state.throttle.clear();
  }

  addUser(account: NewAccount): void {
    this.#state.accounts.add(account);
    this.#state.tree.addHome(account.uid);
  }

  createAppPassword(uid: string, name = 'VoiceAssist'): string {
    return this.#state.accounts.createAppPassword(uid, name).secret;
  }

  revokeAppPassword(secret: string): void {
    this.#state.accounts.revokeAppPassword(secret);
  }

  hasAppPassword(secret: string): boolean {
    return this.#state.accounts.findAppPassword(secret) !== null;
  }

  addGroup(id: string): void {
    this.#state.accounts.addGroup(id);
  }

  /** Names of the users, their state and groups, as an administrator sees them. */
  users(): { uid: string; email: string | null; displayName: string; isEnabled: boolean; groups: string[] }[] {
    return this.#state.accounts.all().map(({ uid, email, displayName, isEnabled, groups }) => {
      return { uid, email, displayName, isEnabled, groups: [...groups] };
    });
  }

  disableUser(uid: string): void {
    this.#state.accounts.get(uid).isEnabled = false;
  }

  enableUser(uid: string): void {
    this.#state.accounts.get(uid).isEnabled = true;
  }

  deleteUser(uid: string): void {
    const account = this.#state.accounts.get(uid);
    this.#state.accounts.remove(account.uid);
    this.#state.tree.removeHome(account.uid);
  }

  setQuota(uid: string, quotaBytes: number | null): void {
    this.#state.accounts.get(uid).quotaBytes = quotaBytes;
  }

  /** The user opens the login URL in a browser and presses "Grant access". @param loginUrlOrToken the `login` URL or its token */
  grantLogin(loginUrlOrToken: string, uid: string): void {
    const flow = this.#state.loginFlows.find(loginUrlOrToken);
    if (flow === null) throw new Error('The double knows no such login flow; it may have expired');
    const appPassword = this.#state.accounts.createAppPassword(uid, flow.clientName);
    flow.granted = { loginName: appPassword.loginName, appPassword: appPassword.secret };
  }

  /** The app that makes Nextcloud an OpenID provider; a fresh server has none. */
  get oidcApp(): OidcApp {
    return this.#state.oidc;
  }

  /** An administrator registers a client of the built-in OAuth 2.0 app. */
  registerOAuth2Client(redirectUri: string): OAuth2Client {
    return this.#state.oauth2.register(redirectUri);
  }

  /** The user logs in at an authorization URL and grants access. @returns where the browser is sent back to */
  grantOAuth2(authorizationUrl: string, uid: string): string {
    const { searchParams } = new URL(authorizationUrl);
    const client = this.#state.oauth2.find(searchParams.get('client_id') ?? '');
    if (client === null) throw new Error('The double knows no such client');
    const code = this.#state.oauth2.grant(this.#state.accounts.get(uid).uid, client.clientId);
    return `${client.redirectUri}?state=${encodeURIComponent(searchParams.get('state') ?? '')}&code=${code}`;
  }

  /** Creates or overwrites a file as its owner would by upload. @param options.mtime seconds since the epoch */
  putFile(
    uid: string,
    path: string,
    content: string | Buffer,
    options: { mtime?: number; checksum?: string; uploadTime?: number } = {},
  ): void {
    const { parent, name } = this.#parentOf(uid, path);
    const bytes = Buffer.from(content);
    const existing = parent.children.get(name);
    if (existing !== undefined && existing.kind !== 'file') throw new Error(`${path} is not a file`);
    const node = existing ?? this.#state.tree.createFile(parent, name, bytes);
    this.#state.tree.write(node, bytes, {
      ...(options.mtime === undefined ? {} : { mtimeSeconds: options.mtime }),
      ...(options.checksum === undefined ? {} : { checksum: options.checksum }),
      ...(options.uploadTime === undefined ? {} : { uploadTimeSeconds: options.uploadTime }),
    });
  }

  /** Creates a file whose content is generated while it is read: any size, and no memory. */
  putGeneratedFile(uid: string, path: string, sizeBytes: number): void {
    const { parent, name } = this.#parentOf(uid, path);
    this.#state.tree.writeGenerated(this.#state.tree.createFile(parent, name, Buffer.alloc(0)), sizeBytes);
  }

  /** Whether the chunks of uploads are only counted and hashed; the file is a generated one then. */
  set discardsChunks(isOn: boolean) {
    this.#state.uploads.discardsContent = isOn;
  }

  /** Whether somebody reads or writes a file right now. */
  isLocked(uid: string, path: string): boolean {
    return this.#state.locks.isBusy(this.#file(uid, path));
  }

  /** Chunked uploads that are neither joined nor given up. */
  get openUploads(): number {
    return this.#state.uploads.openCount;
  }

  /** @returns SHA-256 of what was uploaded into a file whose chunks were discarded, in hex */
  uploadedSha256(uid: string, path: string): string | null {
    return this.#file(uid, path).generated?.sha256 ?? null;
  }

  /** Changes a file's bytes on the disk: listings keep the old ETag until somebody downloads it. */
  changeOnDisk(uid: string, path: string, content: string | Buffer): void {
    this.#file(uid, path).unnoticedContent = Buffer.from(content);
  }

  /** Creates a folder and every missing one above it. */
  makeFolder(uid: string, path: string): void {
    let folder = this.#state.tree.home(uid);
    for (const name of segmentsOf(path)) {
      const child = folder.children.get(name) ?? this.#state.tree.createFolder(folder, name);
      if (child.kind !== 'folder') throw new Error(`${path} leads through something that is no folder of ${uid}`);
      folder = child;
    }
  }

  move(uid: string, from: string, to: string): void {
    const { parent, name } = this.#parentOf(uid, to);
    this.#state.tree.relocate(this.#located(uid, from).node, parent, name);
  }

  remove(uid: string, path: string): void {
    this.#state.tree.detach(this.#located(uid, path).node);
  }

  /** Shares an owner's file or folder; it appears in the recipient's root under its own name. */
  share(ownerUid: string, path: string, recipientUid: string): void {
    const { node } = this.#located(ownerUid, path);
    this.#state.tree.attachMount(recipientUid, { ownerUid, target: node, name: node.name });
  }

  unshare(ownerUid: string, path: string, recipientUid: string): void {
    const { node } = this.#located(ownerUid, path);
    const mount = this.#state.tree.mountsOf(recipientUid).find((it) => it.target === node);
    if (mount === undefined) throw new Error(`${path} is not shared with ${recipientUid}`);
    this.#state.tree.detach(mount);
  }

  /** Runs the background job that indexes copied folders completely; until then their subfolders are not listed. */
  runBackgroundScan(uid: string): void {
    this.#state.tree.settle(uid);
  }

  /** @returns the fileid of a path. */
  fileId(uid: string, path: string): number {
    return this.#located(uid, path).node.fileId;
  }

  /** @returns the bytes of a file. */
  readFile(uid: string, path: string): Buffer {
    return this.#file(uid, path).content;
  }

  /** Generates a large account; 10,000 files take a fraction of a second. */
  seedTree(options: SeedOptions): void {
    if (options.root !== undefined) this.makeFolder(options.uid, options.root);
    const root = this.#located(options.uid, options.root ?? '').node;
    if (root.kind === 'folder') seedTree(this.#state.tree, root, options);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    this.#state.clock.skewSeconds = this.#state.faults.serverTimeSkewSeconds;
    const exchange = new Exchange(request, Date.now());
    this.#requests.push(exchange.record);
    const { hangs, held } = this.#state.faults;
    if (hangs) return;
    if (held !== null && exchange.path.includes(held.path)) await held.until;
    try {
      const answer = await this.#answer(exchange);
      if (this.#sleepsBruteForceDelay && exchange.record.throttleDelayMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, exchange.record.throttleDelayMs));
      }
      await this.#transport.send(exchange, response, answer);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else await this.#transport.send(exchange, response, htmlAnswer(500, `Internal Server Error: ${String(error)}`));
    }
  }

  async #answer(exchange: Exchange): Promise<Answer> {
    const state = this.#state;
    const early = answerFault(exchange, state) ?? answerStatus(exchange, state);
    if (early !== null) return early;
    const protocol = (await answerOcs(exchange, state)) ?? (await answerDav(exchange, state));
    if (protocol !== null) return protocol;
    const isClosed = state.faults.isInMaintenance || state.faults.needsDbUpgrade;
    const page = isClosed
      ? null
      : ((await answerLoginFlow(exchange, state)) ??
        (await answerOAuth2(exchange, state)) ??
        (await answerOidc(exchange, state)));
    return page ?? answerWebPage(exchange, state);
  }

  #located(uid: string, path: string): Located {
    const located = this.#state.tree.find(uid, segmentsOf(path));
    if (located === null) throw new Error(`${uid} has nothing at ${path}`);
    return located;
  }

  #file(uid: string, path: string): FileNode {
    const { node } = this.#located(uid, path);
    if (node.kind !== 'file') throw new Error(`${path} is not a file`);
    return node;
  }

  #parentOf(uid: string, path: string): { parent: FolderNode; name: string } {
    const names = segmentsOf(path);
    const name = names.pop();
    const parent = this.#state.tree.find(uid, names)?.node;
    if (name === undefined || parent?.kind !== 'folder') throw new Error(`${uid} has no folder for ${path}`);
    return { parent, name };
  }
}
