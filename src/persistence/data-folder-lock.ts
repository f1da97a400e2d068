import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'server.pid';
const OWNER_ONLY_FILE = 0o600;

/**
 * Holds the embedded database for this process: two processes on one folder would silently lose each other's rows.
 *
 * @returns releases the lock
 * @throws Error when a living process holds it
 */
export function lockDataFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  try {
    writePid(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(readFileSync(path, 'utf8'));
    if (holder !== process.pid && isAlive(holder)) {
      throw new Error(`The embedded database is in use by process ${holder}. Stop it, or set DATABASE_URL.`, {
        cause: error,
      });
    }
    rmSync(path);
    writePid(path);
  }
  return () => rmSync(path, { force: true });
}

function writePid(path: string): void {
  const file = openSync(path, 'wx', OWNER_ONLY_FILE);
  writeSync(file, String(process.pid));
  closeSync(file);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
