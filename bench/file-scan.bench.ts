import type { NextcloudDouble } from '../test/nextcloud-double/nextcloud-double.ts';
import { ROOT, scanToTheEnd, startWithNextcloud, type BenchNextcloud } from './bench-nextcloud.ts';
import type { Measurement } from './measurement.ts';

const FOLDERS = 500;
/** Folders between the home and the file that changes. */
const DEPTH = 2;

/** P9 and P10: which requests a scan makes, as the Nextcloud double counts them. */
export async function fileScan(): Promise<Measurement[]> {
  const deep = await firstScan(false);
  const shallow = await firstScan(true);
  const { idle, changed } = await laterScans();
  return [
    atMost('P10', 'PROPFINDs of the first scan of 500 folders / 5,000 files', deep.propfinds, 2),
    atMost('P10', 'the same where Depth: infinity is refused', shallow.propfinds, FOLDERS + 4),
    atMost('P10', 'connections opened for that', shallow.connections, 16),
    { bar: 'P10', what: 'documents indexed per second by the first scan', value: deep.documentsPerSecond, unit: '/s' },
    atMost('P9', 'PROPFINDs of a scan of 10,000 files with nothing changed', idle.propfinds, 1),
    atMost('P9', 'GETs of that scan', idle.gets, 0),
    atMost('P9', `PROPFINDs with one file changed, ${String(DEPTH)} folders deep`, changed.propfinds, DEPTH + 1),
    atMost('P9', 'GETs of that scan', changed.gets, 1),
  ];
}

async function firstScan(isInfinityRefused: boolean): Promise<Counts & { documentsPerSecond: number }> {
  const bench = await seeded(10);
  if (isInfinityRefused) bench.nextcloud.faults.depthInfinity = 'forbidden';
  bench.nextcloud.clearRequests();
  const begin = performance.now();
  await scanToTheEnd(bench.api);
  const seconds = (performance.now() - begin) / 1000;
  const counts = countsOf(bench.nextcloud);
  await bench.stop();
  return { ...counts, documentsPerSecond: (FOLDERS * 10) / seconds };
}

async function laterScans(): Promise<{ idle: Counts; changed: Counts }> {
  const bench = await seeded(20);
  await scanToTheEnd(bench.api);
  const scan = async (): Promise<Counts> => {
    bench.nextcloud.clearRequests();
    await scanToTheEnd(bench.api);
    return countsOf(bench.nextcloud);
  };
  const idle = await scan();
  bench.nextcloud.putFile('bench', `${ROOT}/folder-00007/file-00007.txt`, 'This file has changed.');
  const changed = await scan();
  await bench.stop();
  return { idle, changed };
}

function seeded(filesPerFolder: number): Promise<BenchNextcloud> {
  return startWithNextcloud((nextcloud, uid) => {
    nextcloud.seedTree({ uid, root: ROOT, folders: FOLDERS, filesPerFolder });
  });
}

interface Counts {
  readonly propfinds: number;
  readonly gets: number;
  readonly connections: number;
}

function countsOf({ requests }: NextcloudDouble): Counts {
  const of = (method: string): number => requests.filter((request) => request.method === method).length;
  const listings = requests.filter((request) => request.method === 'PROPFIND');
  const connections = new Set(listings.map((request) => request.clientPort)).size;
  return { propfinds: of('PROPFIND'), gets: of('GET'), connections };
}

function atMost(bar: string, what: string, value: number, limit: number): Measurement {
  return { bar, what, value, unit: 'requests', wanted: { relation: '<=', value: limit } };
}
