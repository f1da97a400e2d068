import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { processorMsOf } from '../test/support/processor-time.ts';
import { median } from './measurement.ts';

const AUTOCANNON = new URL('../node_modules/autocannon/autocannon.js', import.meta.url).pathname;
const CONNECTIONS = '20';
/** Until then the compiler of Node is still at work on the path of a request. */
const WARM_UP_SECONDS = 8;
const ROUNDS = 9;
const SECONDS = 3;
const US_PER_MS = 1000;
const KIB_PER_MIB = 1024;

/** What is loaded. */
export interface Target {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Process that answers: its processor time is measured. */
  readonly pid?: number | undefined;
  /** The status of every answer; default 200. */
  readonly status?: number;
}

/** What was measured of a target in each round. */
export interface Load {
  readonly requestsPerSecond: number[];
  readonly cpuUsPerRequest: number[];
}

/**
 * Loads some targets with 20 connections, from a process of its own: each once to warm up, then all of them in turn, round
 * by round, so that a busy moment of the machine meets each of them.
 */
export async function loadInTurn<Name extends string>(
  targets: Readonly<Record<Name, Target>>,
): Promise<Readonly<Record<Name, Load>>> {
  const names = Object.keys(targets) as Name[];
  const loads = Object.fromEntries(
    names.map((name): [Name, Load] => [name, { requestsPerSecond: [], cpuUsPerRequest: [] }]),
  ) as Record<Name, Load>;
  for (const name of names) await load(targets[name], WARM_UP_SECONDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of names) {
      const { requestsPerSecond, cpuUsPerRequest } = await load(targets[name], SECONDS);
      loads[name].requestsPerSecond.push(requestsPerSecond);
      loads[name].cpuUsPerRequest.push(cpuUsPerRequest);
    }
  }
  return loads;
}

/** The rate of one target against that of another: the median of what the rounds say. */
export function ratioOf(load: Load, base: Load): number {
  return median(load.requestsPerSecond.map((rate, round) => rate / (base.requestsPerSecond[round] ?? Number.NaN)));
}

/** Starts a script of this folder that says its port. */
export async function startScript(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const child = fork(new URL(`./${name}`, import.meta.url), { env: { ...process.env, ...env } });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, url: `http://127.0.0.1:${String(port)}/` };
}

/** Resident memory of a process. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / KIB_PER_MIB;
}

interface Round {
  readonly requestsPerSecond: number;
  readonly cpuUsPerRequest: number;
}

async function load({ url, headers = {}, pid, status = 200 }: Target, seconds: number): Promise<Round> {
  const cpuBefore = cpuMs(pid);
  const headerFlags = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const flags = ['-j', '-c', CONNECTIONS, '-d', String(seconds), ...headerFlags, url];
  const child = spawn(process.execPath, [AUTOCANNON, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  await once(child, 'close');
  const { requests, errors, statusCodeStats } = JSON.parse(Buffer.concat(pieces).toString()) as Report;
  const answers = statusCodeStats[status]?.count ?? 0;
  if (errors > 0 || answers < requests.total) throw new Error(`${url} gave other answers than ${String(status)}`);
  return {
    requestsPerSecond: requests.average,
    cpuUsPerRequest: ((cpuMs(pid) - cpuBefore) / requests.total) * US_PER_MS,
  };
}

interface Report {
  readonly requests: { readonly average: number; readonly total: number };
  readonly errors: number;
  readonly statusCodeStats: Readonly<Record<string, { readonly count: number } | undefined>>;
}

function cpuMs(pid: number | undefined): number {
  return pid === undefined ? Number.NaN : processorMsOf(pid);
}
