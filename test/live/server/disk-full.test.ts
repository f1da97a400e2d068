// F29: a full disk under the embedded database.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { call, type Problem } from '../../support/api.ts';
import { copyTemplate } from '../../support/database-template.ts';
import { createLinkedUser, startSettledNextcloud } from '../../support/indexed-account.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';

const SIZE_MIB = 160;
const SCAN = 'POST /api/integrations/files/scan-and-index?wait=0';
const MIB = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'voiceassist-small-disk-'));
const isSmallDisk = mountSmallDisk(folder);
if (!isSmallDisk) rmSync(folder, { recursive: true });

interface JobBody extends Problem {
  readonly job_id: string;
  readonly state: string;
  readonly progress: Readonly<Record<string, number>>;
}

function mountSmallDisk(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(SIZE_MIB)}m`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function fillDisk(): void {
  for (let index = 0; ; index += 1) {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail === 0) return;
    writeFileSync(join(folder, `filler-${String(index)}`), Buffer.alloc(Math.min(MIB, bavail * bsize), 1));
  }
}

function makeRoom(): void {
  for (let index = 0; index < 2 * SIZE_MIB; index += 1)
    rmSync(join(folder, `filler-${String(index)}`), { force: true });
}

// Only who may mount a file system can have a small one.
(isSmallDisk ? describe : describe.skip)('F29 a full disk', () => {
  let nextcloud: NextcloudDouble;
  let server: ServerUnderTest;
  beforeAll(async () => {
    nextcloud = await startSettledNextcloud();
    copyTemplate(folder);
    server = await ServerUnderTest.start({
      dataDir: folder,
      env: { NEXTCLOUD_URL: nextcloud.url, NEXTCLOUD_WATCH_DIRECTORIES: '/Documents' },
    });
  });
  afterAll(async () => {
    await server.stop();
    await nextcloud.stop();
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  it('F29 is told by readiness; once there is room, readiness and jobs come back by themselves', async () => {
    const user = await createLinkedUser(server, nextcloud, 'ada');
    nextcloud.seedTree({ uid: 'ada', root: '/Documents', folders: 4, filesPerFolder: 25 });
    const token = user.access_token;
    const { job_id: id } = (await call<JobBody>(server, SCAN, { token })).body;
    fillDisk();
    await server.until(async () => (await fetch(`${server.url}/ready`)).status === 503, 20_000);
    const { checks } = (await (await fetch(`${server.url}/ready`)).json()) as { checks: Record<string, boolean> };
    expect(checks['postgres']).toBe(false);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    makeRoom();
    await server.until(async () => (await fetch(`${server.url}/ready`)).status === 200, 60_000);
    await server.until(async () => {
      const { body } = await call<JobBody>(server, `GET /api/jobs/${id}`, { token });
      return body.state === 'succeeded' && body.progress['files_indexed'] === 100;
    }, 60_000);
  });
});
