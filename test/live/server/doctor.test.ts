// N13: `npm run doctor`, as a process of its own.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NextcloudDouble } from '../../nextcloud-double/nextcloud-double.ts';
import { ServerUnderTest } from '../../support/server-under-test.ts';

interface Report {
  readonly checks: readonly { id: string; status: string; fix: string | null; facts?: Record<string, unknown> }[];
  readonly summary: { faults: number };
}

describe('doctor', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'voiceassist-doctor-'));
  let nextcloud: NextcloudDouble;

  beforeAll(async () => {
    nextcloud = await NextcloudDouble.start();
  });
  afterEach(() => nextcloud.faults.reset());
  afterAll(async () => {
    await nextcloud.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function doctor(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ code: number | null; output: string }> {
    const command = await ServerUnderTest.spawn({
      entry: 'nextcloud/doctor/doctor.command.ts',
      args,
      env: { NEXTCLOUD_URL: nextcloud.url, ...env },
      dataDir,
    });
    const { code } = await command.ended;
    return { code, output: command.output };
  }

  it('N13 ends with 0 without a fault, with words and without colours where nobody watches, and opens no database', async () => {
    const { code, output } = await doctor([]);
    expect(output).toContain('ok       Nextcloud trusts the host name it is called by (trusted-domains)');
    expect(output).toMatch(/0 faults/);
    expect(output).not.toContain('\u001B');
    expect(code).toBe(0);
    expect(readdirSync(dataDir)).not.toContain('postgres');
  });

  it('N13 ends with 2 when there is a fault, and tells it in JSON with the command that mends it', async () => {
    nextcloud.faults.isHostUntrusted = true;
    const { code, output } = await doctor(['--json']);
    const { checks, summary } = JSON.parse(output.slice(output.indexOf('{'))) as Report;
    expect(summary.faults).toBe(1);
    expect(checks.find(({ id }) => id === 'trusted-domains')?.fix).toContain('--value=127.0.0.1');
    expect(code).toBe(2);
  });

  it('ends with 1 and the names of broken variables when the configuration cannot be used', async () => {
    const { code, output } = await doctor([], { NEXTCLOUD_URL: 'cloud.example' });
    expect(output).toContain('NEXTCLOUD_URL');
    expect(code).toBe(1);
  });

  it('ends with 1 for --user with an address that nobody has', async () => {
    const { code, output } = await doctor(['--user', 'nobody@clinic.example']);
    expect(output).toContain('There is no account with this address.');
    expect(code).toBe(1);
  });
});
