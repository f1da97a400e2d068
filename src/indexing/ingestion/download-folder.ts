import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { kill, pid } from 'node:process';

const OWNER_ONLY = 0o700;
const FOREIGN_LEFTOVER_AGE_MS = 24 * 3600_000;

/** Where documents lie while their text is read: a private folder of this process, emptied whatever happens. */
export class DownloadFolder {
  readonly #parent: string;
  readonly #folder: string;

  /** @param dataDir the data folder of the server */
  constructor(dataDir: string) {
    this.#parent = join(resolve(dataDir), 'tmp');
    this.#folder = join(this.#parent, `${hostname()}.${pid}.${randomUUID()}`);
  }

  /** Removes what processes that were killed have left, and makes the folder of this one. */
  async create(): Promise<void> {
    await mkdir(this.#parent, { recursive: true, mode: OWNER_ONLY });
    for (const name of await readdir(this.#parent)) {
      const path = join(this.#parent, name);
      if (await isLeftover(path, name)) await rm(path, { recursive: true, force: true });
    }
    await mkdir(this.#folder, { recursive: true, mode: OWNER_ONLY });
  }

  /** Removes the folder of this process. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Gives `work` the path of a file that may be created, and removes that file afterwards. */
  async withFile<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
    const path = join(this.#folder, randomUUID());
    await mkdir(this.#folder, { recursive: true, mode: OWNER_ONLY });
    try {
      return await work(path);
    } finally {
      await rm(path, { force: true });
    }
  }
}

/** A folder of this machine is left over when its process is gone, one of another machine (shared volume) when old. */
async function isLeftover(path: string, name: string): Promise<boolean> {
  const [id = '', owner = '', ...host] = name.split('.').reverse();
  const isOurs = host.reverse().join('.') === hostname() && id !== '' && /^\d+$/.test(owner);
  if (isOurs) return Number(owner) === pid || !isAlive(Number(owner));
  const found = await findStat(path);
  return found !== null && Date.now() - found.mtimeMs > FOREIGN_LEFTOVER_AGE_MS;
}

/** null when its owner has just removed it. */
async function findStat(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(processId: number): boolean {
  try {
    kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
