import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTemplate } from './database-template.ts';

const POLL_MS = 50;
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const COMPILE_CACHE = new URL('../../node_modules/.cache/voiceassist/compiled', import.meta.url).pathname;
const MODULE_HOOKS = new URL('../runner/module-hooks.ts', import.meta.url).pathname;

/** How a process is started; the environment of the tests is not handed on. */
export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** File below src/; default the server itself. */
  readonly entry?: string;
  /** Arguments of a command. */
  readonly args?: readonly string[];
  /** Default a folder of its own, which goes with the process. */
  readonly dataDir?: string;
  /** Modules that are loaded before the program (`node --import`). */
  readonly preload?: readonly string[];
  /** True for a server that has never been started; else its embedded database has its schema already. */
  readonly isNew?: boolean;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The server, or a command of it, as a process of its own. */
export class ServerUnderTest {
  readonly url: string;
  /** Resolves when the process is gone and its output is complete. */
  readonly ended: Promise<ProcessEnd>;
  #output = '';

  private constructor(
    private readonly child: ChildProcess,
    port: number,
    private readonly ownFolder: string | undefined,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  }

  /** Starts the process and does not wait for it. */
  static async spawn({
    env = {},
    entry = 'main.ts',
    args = [],
    dataDir,
    preload = [],
    isNew = false,
  }: ProcessOptions = {}): Promise<ServerUnderTest> {
    const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'voiceassist-process-'));
    if (env['DATABASE_URL'] === undefined && dataDir === undefined && !isNew) copyTemplate(folder);
    const port = await freePort();
    const imports = [MODULE_HOOKS, ...preload].flatMap((path) => ['--import', path]);
    const program = new URL(`../../src/${entry}`, import.meta.url).pathname;
    const child = spawn(process.execPath, ['--no-warnings', ...imports, program, ...args], {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        NODE_ENV: 'test',
        DATA_DIR: folder,
        PORT: String(port),
        LOG_LEVEL: 'warn',
        INDEX_SCAN_INTERVAL_MINUTES: '0',
        INDEX_ACTIVITY_SECONDS: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServerUnderTest(child, port, dataDir === undefined ? folder : undefined);
  }

  /** Starts the process and waits until /ready answers 200. */
  static async start(options: ProcessOptions = {}): Promise<ServerUnderTest> {
    const server = await ServerUnderTest.spawn(options);
    await server.until(async () => (await fetch(`${server.url}/ready`)).ok);
    return server;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** All that the process has written to standard output and standard error so far. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits until `condition` holds; a condition that throws does not hold yet. */
  async until(condition: () => Promise<boolean>, timeoutMs = START_TIMEOUT_MS): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if (!this.isRunning) throw new Error(`The process has ended:\n${this.#output}`);
      if (await condition().catch(() => false)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`Not within ${timeoutMs} ms:\n${this.#output}`);
  }

  /** Ends the process, the hard way when it does not end on SIGTERM, and removes its folder. */
  async stop(): Promise<ProcessEnd> {
    this.signal('SIGTERM');
    const force = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
    const end = await this.ended;
    clearTimeout(force);
    if (this.ownFolder !== undefined) rmSync(this.ownFolder, { recursive: true, force: true });
    return end;
  }
}

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
