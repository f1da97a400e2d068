import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { get, request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { generatedPieces, generatedSha256 } from '../test/nextcloud-double/generated-content.ts';
import { startWithNextcloud, type BenchNextcloud } from './bench-nextcloud.ts';
import { median, type Measurement } from './measurement.ts';

const MIB = 1024 * 1024;
const PROXIED_BYTES = 200 * MIB;
const LARGE_BYTES = 2048 * MIB;
const ROUNDS = 5;
const SAMPLE_MS = 20;
const MAX_GROWTH_MIB = 64;
const SLOW_BYTES_PER_SECOND = 10_000;
const SLOW_SECONDS = 10;
const MAX_CLOSING_MS = 1_000;
const KIB = 1024;

/** P20 and R22: files through this server, against the same files directly from the Nextcloud double. */
export async function fileTransfer(): Promise<Measurement[]> {
  const bench = await startWithNextcloud((nextcloud, uid) => {
    nextcloud.putGeneratedFile(uid, '/proxied.bin', PROXIED_BYTES);
    nextcloud.putGeneratedFile(uid, '/large.bin', LARGE_BYTES);
  });
  const secret = bench.nextcloud.createAppPassword('bench');
  try {
    return [
      ...(await proxied(bench, secret)),
      ...(await largeDownload(bench)),
      ...(await largeUpload(bench)),
      ...(await slowClient(bench)),
    ];
  } finally {
    await bench.stop();
  }
}

async function proxied(bench: BenchNextcloud, secret: string): Promise<Measurement[]> {
  const direct = `${bench.nextcloud.url}/remote.php/dav/files/bench/proxied.bin`;
  await drain(await open(direct, secret));
  await drain(await openThrough(bench, '/proxied.bin'));
  const ratios: number[] = [];
  const { growthMib } = await growthDuring(bench.server.pid, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const straight = await secondsOf(async () => drain(await open(direct, secret)));
      const gateway = await secondsOf(async () => drain(await openThrough(bench, '/proxied.bin')));
      ratios.push(straight / gateway);
    }
  });
  return [
    {
      bar: 'P20',
      what: 'download of 200 MB through the gateway, against direct',
      value: median(ratios),
      unit: 'x',
      wanted: { relation: '>=', value: 0.7 },
    },
    growth('P20', 'growth of RSS meanwhile', growthMib),
  ];
}

async function largeDownload(bench: BenchNextcloud): Promise<Measurement[]> {
  let sha256 = '';
  const { growthMib, seconds } = await growthDuring(bench.server.pid, async () => {
    sha256 = await drain(await openThrough(bench, '/large.bin'));
  });
  if (sha256 !== generatedSha256(LARGE_BYTES)) throw new Error('The download is not what was to be downloaded');
  return [
    growth('R22', 'growth of RSS while 2 GiB are downloaded', growthMib),
    { bar: 'R22', what: 'rate of that', value: LARGE_BYTES / MIB / seconds, unit: 'MiB/s' },
  ];
}

async function largeUpload(bench: BenchNextcloud): Promise<Measurement[]> {
  bench.nextcloud.discardsChunks = true;
  const { growthMib, seconds } = await growthDuring(bench.server.pid, async () => {
    const status = await upload(bench, '/uploaded.bin', LARGE_BYTES);
    if (status !== 201) throw new Error(`The upload was answered ${String(status)}`);
  });
  if (bench.nextcloud.uploadedSha256('bench', '/uploaded.bin') !== generatedSha256(LARGE_BYTES)) {
    throw new Error('The upload is not what was uploaded');
  }
  return [
    growth('R22', 'growth of RSS while 2 GiB are uploaded', growthMib),
    { bar: 'R22', what: 'rate of that', value: LARGE_BYTES / MIB / seconds, unit: 'MiB/s' },
  ];
}

/** A client that takes 10 kB a second, and then leaves. */
async function slowClient(bench: BenchNextcloud): Promise<Measurement[]> {
  bench.nextcloud.clearRequests();
  const sent = (): number => bench.nextcloud.requests.find(({ method }) => method === 'GET')?.responseBytes ?? 0;
  let incoming: IncomingMessage | undefined;
  const { growthMib } = await growthDuring(bench.server.pid, async () => {
    incoming = await openThrough(bench, '/large.bin');
    const end = performance.now() + SLOW_SECONDS * 1000;
    while (performance.now() < end) {
      incoming.read(SLOW_BYTES_PER_SECOND / 10);
      await sleep(100);
    }
  });
  const pulled = sent();
  const leftAt = performance.now();
  incoming?.destroy();
  const closedMs = await msUntilFree(bench, leftAt);
  return [
    growth('R22', 'growth of RSS while a client reads 10 kB/s of 2 GiB', growthMib),
    {
      bar: 'R22',
      what: 'read from Nextcloud for it',
      value: pulled / MIB,
      unit: 'MiB',
      wanted: { relation: '<=', value: 32 },
    },
    {
      bar: 'R22',
      what: 'from its leaving to the end of the request to Nextcloud',
      value: closedMs,
      unit: 'ms',
      wanted: { relation: '<=', value: MAX_CLOSING_MS },
    },
  ];
}

/** The double keeps a file locked until its download has ended. */
async function msUntilFree(bench: BenchNextcloud, since: number): Promise<number> {
  while (bench.nextcloud.isLocked('bench', '/large.bin')) await sleep(5);
  return performance.now() - since;
}

function growth(bar: string, what: string, value: number): Measurement {
  return { bar, what, value, unit: 'MiB', wanted: { relation: '<=', value: MAX_GROWTH_MIB } };
}

async function growthDuring(
  pid: number,
  work: () => Promise<unknown>,
): Promise<{ growthMib: number; seconds: number }> {
  const before = rssMib(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, rssMib(pid))), SAMPLE_MS);
  const seconds = await secondsOf(work);
  clearInterval(timer);
  return { growthMib: Math.max(most, rssMib(pid)) - before, seconds };
}

function rssMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kib) / KIB;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

function contentUrl(bench: BenchNextcloud, path: string): string {
  return `${bench.server.url}/api/integrations/files/content?path=${encodeURIComponent(path)}`;
}

function openThrough(bench: BenchNextcloud, path: string): Promise<IncomingMessage> {
  return open(contentUrl(bench, path), bench.api.accessToken ?? '');
}

function open(url: string, token: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { authorization: `Bearer ${token}` }, agent: false }, (incoming) => {
      if (incoming.statusCode === 200) resolve(incoming);
      else reject(new Error(`${url} was answered ${String(incoming.statusCode)}`));
    }).on('error', reject);
  });
}

/** Reads an answer to its end. @returns SHA-256 of it, in hex */
async function drain(incoming: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of incoming as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest('hex');
}

async function upload(bench: BenchNextcloud, path: string, sizeBytes: number): Promise<number> {
  const outgoing = request(contentUrl(bench, path), {
    method: 'PUT',
    agent: false,
    headers: {
      authorization: `Bearer ${bench.api.accessToken ?? ''}`,
      'if-none-match': '*',
      'content-length': String(sizeBytes),
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    outgoing.once('error', reject).once('response', (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
  });
  await pipeline(Readable.from(generatedPieces(0, sizeBytes - 1)), outgoing);
  return answered;
}
