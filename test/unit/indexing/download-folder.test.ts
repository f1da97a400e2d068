// Documents lie on the disk only while they are read.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DownloadFolder } from '../../../src/indexing/ingestion/download-folder.ts';

/** Larger than any process id of Linux. */
const NO_PROCESS = 4_999_999;

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-downloads-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function leave(folder: string): string {
  const path = join(dataDir, 'tmp', folder);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'a document'), 'content');
  return path;
}

describe('the folder of downloads', () => {
  it('is open to its owner only, and gone when it is closed', async () => {
    const folder = new DownloadFolder(dataDir);
    await folder.create();
    const [name = ''] = readdirSync(join(dataDir, 'tmp'));
    expect(statSync(join(dataDir, 'tmp')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'tmp', name)).mode & 0o777).toBe(0o700);
    await folder.close();
    expect(readdirSync(join(dataDir, 'tmp'))).toEqual([]);
  });

  it('removes a file when the work is done, and when it fails', async () => {
    const folder = new DownloadFolder(dataDir);
    const paths: string[] = [];
    const work = (fails: boolean) => (path: string) => {
      paths.push(path);
      writeFileSync(path, 'content');
      return fails ? Promise.reject(new Error('failed')) : Promise.resolve('result');
    };
    expect(await folder.withFile(work(false))).toBe('result');
    await expect(folder.withFile(work(true))).rejects.toThrow('failed');
    expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
  });

  it('removes at the start what a killed process has left, and nothing of a living one or of another machine', async () => {
    const dead = leave(`${hostname()}.${NO_PROCESS}.x`);
    const living = leave(`${hostname()}.${process.ppid}.x`);
    const foreign = leave('another.machine.17.x');
    await new DownloadFolder(dataDir).create();
    expect([dead, living, foreign].map((path) => existsSync(path))).toEqual([false, true, true]);
  });
});
