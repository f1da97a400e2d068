import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, closeSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A running server. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/** How a server is started. */
export interface StartOptions {
  /** Where its log goes: to that of this process (the default), or to a file of its folder. */
  readonly log?: 'inherit' | 'file';
  /** Default a free one. */
  readonly port?: number;
}

// The tests run the sources as they stand (`node --import`), and so does the server that they start.
const RUNS_SOURCES = process.execArgv.includes('--import');
const MAIN = new URL(RUNS_SOURCES ? '../src/main.ts' : '../dist/src/main.js', import.meta.url).pathname;

/**
 * Starts the built server as a process of its own, on a port of the loopback interface and with an empty data folder.
 *
 * @param env further variables
 */
export async function startServer(
  env: Readonly<Record<string, string>>,
  { log = 'inherit', port: wanted }: StartOptions = {},
): Promise<ServerProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-'));
  const port = wanted ?? (await freePort());
  const output = log === 'file' ? openSync(join(dataDir, 'server.log'), 'a') : 'inherit';
  // As `npm start` does it.
  const child = spawn(process.execPath, [...(RUNS_SOURCES ? process.execArgv : []), '--max-semi-space-size=8', MAIN], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', output, 'inherit'],
  });
  if (typeof output === 'number') closeSync(output);
  const exited = once(child, 'exit');
  const url = `http://localhost:${String(port)}`;
  await untilReady(url, () => child.exitCode !== null);
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, hasExited: () => boolean): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (hasExited()) throw new Error('The server ended while it started');
    const response = await fetch(`${url}/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('The server did not become ready');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
