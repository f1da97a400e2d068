import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../architecture/source-files.ts';

/** The apps, by id and folder. */
export const APPS = ['voiceassist_client', 'voiceassist_admin', 'voiceassist_docs'] as const;

/** Folder of the apps. */
export const APPS_FOLDER = join(ROOT, 'nextcloud-apps');

/** One operation that an app passes on. */
export interface DeclaredOperation {
  readonly method: string;
  readonly path: string;
  readonly scope: string | null;
  readonly query?: readonly string[];
  readonly body?: boolean;
  readonly probe?: boolean;
  readonly cache_seconds?: number;
}

/** Text of a file of the apps, by its path below nextcloud-apps/. */
export function appText(path: string): string {
  return readFileSync(join(APPS_FOLDER, path), 'utf8');
}

/** Paths of the files below a folder of the apps, from nextcloud-apps/. */
export function appFiles(folder: string): string[] {
  return readdirSync(join(APPS_FOLDER, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(APPS_FOLDER.length + 1))
    .sort();
}

/** What an app passes on: its appinfo/operations.json. */
export function operationsOf(app: string): readonly DeclaredOperation[] {
  return (JSON.parse(appText(`${app}/appinfo/operations.json`)) as { operations: DeclaredOperation[] }).operations;
}

/** Text of an element of an app's info.xml. */
export function infoOf(app: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(appText(`${app}/appinfo/info.xml`))?.[1];
}
