import { chmodSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

const OWNER_ONLY_FOLDER = 0o700;

/** Creates the data folder if needed and closes it to everybody but its owner. @returns its absolute path */
export function prepareDataFolder(dataDir: string): string {
  const folder = resolve(dataDir);
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  chmodSync(folder, OWNER_ONLY_FOLDER);
  return folder;
}
