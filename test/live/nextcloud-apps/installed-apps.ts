import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../architecture/source-files.ts';

const run = promisify(execFile);
const APPS = ['voiceassist_client', 'voiceassist_admin', 'voiceassist_docs'];

/** How apps get into the Nextcloud under test; empty when nobody said. */
export const OCC = process.env['TEST_NEXTCLOUD_OCC'] ?? '';
const APPS_FOLDER = process.env['TEST_NEXTCLOUD_APPS_FOLDER'] ?? '';

/** Whether there is a Nextcloud that apps can be installed into. */
export const CAN_INSTALL_APPS = OCC !== '' && APPS_FOLDER !== '' && (process.env['TEST_NEXTCLOUD_URL'] ?? '') !== '';

/** Runs the occ command of the Nextcloud under test. */
export async function occ(...words: string[]): Promise<string> {
  return (await run('sh', ['-c', `${OCC} "$@"`, 'occ', ...words])).stdout;
}

/** The log of the Nextcloud under test. */
export async function nextcloudLog(): Promise<string> {
  const path = /Log file: (.+)/.exec(await occ('log:file'))?.[1];
  if (path === undefined) throw new Error('occ log:file names no file');
  return readFileSync(path, 'utf8');
}

/** Packages the apps, installs the archives and enables them. */
export async function installApps(serverUrl: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'voiceassist-apps-'));
  try {
    await run(join(ROOT, 'nextcloud-apps/package.sh'), [folder]);
    for (const app of APPS) {
      await run('tar', ['--extract', '--file', join(folder, `${app}.tar.gz`), '--directory', APPS_FOLDER]);
      await occ('app:enable', app);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await occ('config:system:set', 'voiceassist_server_url', `--value=${serverUrl}`);
}

/** Leaves the Nextcloud as it was. */
export async function removeApps(): Promise<void> {
  await occ('config:system:delete', 'voiceassist_server_url');
  for (const app of APPS) {
    await occ('app:disable', app);
    rmSync(join(APPS_FOLDER, app), { recursive: true, force: true });
  }
}
