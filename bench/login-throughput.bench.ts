import { availableParallelism } from 'node:os';
import bcrypt from 'bcryptjs';
import { startWithAccount } from './bench-account.ts';
import { median, timed, type Measurement } from './measurement.ts';

const ROUNDS = 3;
const PARALLEL = 8;
const LOGINS = 24;
const FLOOD = 100;
const BCRYPT_ROUNDS = 12;
const WANTED_RATIO = 0.8;
const RAW_HASHES = 4;

/** P4: logins per second against what the cores can hash, and a hundred at once. */
export async function loginThroughput(): Promise<Measurement[]> {
  const { server, credentials } = await startWithAccount();
  const login = async (): Promise<number> => {
    const response = await fetch(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(credentials),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const hashMs = await rawHashMs(credentials.password);
    let left = LOGINS;
    const one = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const status = await login();
        if (status !== 200) throw new Error(`A login was answered ${String(status)}`);
      }
    };
    const ms = await timed(() => Promise.all(Array.from({ length: PARALLEL }, one)));
    const possible = availableParallelism() / hashMs;
    ratios.push(LOGINS / ms / possible);
  }
  const statuses = await Promise.all(Array.from({ length: FLOOD }, login));
  await server.stop();
  const count = (...wanted: number[]): number => statuses.filter((status) => wanted.includes(status)).length;
  return [
    {
      bar: 'P4',
      what: `logins/s at ${String(PARALLEL)} in parallel, against cores / one raw hash`,
      value: median(ratios),
      unit: 'x',
      wanted: { relation: '>=', value: WANTED_RATIO },
    },
    {
      bar: 'P4',
      what: `of ${String(FLOOD)} logins at once: answered 200, 429 or 503`,
      value: count(200, 429, 503),
      unit: 'answers',
      wanted: { relation: '>=', value: FLOOD },
    },
    { bar: 'P4', what: 'of these 200', value: count(200), unit: 'answers' },
  ];
}

/** Milliseconds of one comparison with nothing else running. */
async function rawHashMs(password: string): Promise<number> {
  const hash = await bcrypt.hash(password, BCRYPT_ROUNDS);
  const times: number[] = [];
  for (let index = 0; index < RAW_HASHES; index += 1) times.push(await timed(() => bcrypt.compare(password, hash)));
  return median(times);
}
