import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Tells this run of the tests from another one at the same time; the workers of jest inherit it. */
export const RUN = (process.env['TEST_RUN'] ??= randomBytes(4).toString('hex'));

const FOLDER = join(tmpdir(), `voiceassist-test-${RUN}`);

/** A new folder that goes with the run at the latest. */
export function temporaryFolder(purpose: string): string {
  mkdirSync(FOLDER, { recursive: true });
  return mkdtempSync(join(FOLDER, `${purpose}-`));
}

/** Removes what processes of this run have left, which may have ended in the middle of a test. */
export function removeTemporaryFolders(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}
