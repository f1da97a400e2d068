import { spawn } from 'node:child_process';
import { once } from 'node:events';

const AUTOCANNON = new URL('../node_modules/autocannon/autocannon.js', import.meta.url).pathname;
const CONNECTIONS = '20';

/** Requests per second that a URL answers with 20 connections, loaded from a process of its own. */
export async function requestsPerSecond(
  url: string,
  seconds: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const headerFlags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const child = spawn(
    process.execPath,
    [AUTOCANNON, '-j', '-c', CONNECTIONS, '-d', String(seconds), ...headerFlags, url],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  await once(child, 'close');
  const result = JSON.parse(Buffer.concat(pieces).toString()) as { requests: { average: number }; errors: number };
  if (result.errors > 0) throw new Error(`${String(result.errors)} requests failed`);
  return result.requests.average;
}
