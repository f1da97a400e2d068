// The PHP of the apps, on a machine that has php.
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { APPS_FOLDER } from './app-sources.ts';

const HAS_PHP = spawnSync('php', ['--version']).status === 0;
const describeWithPhp = HAS_PHP ? describe : describe.skip;

describeWithPhp('the gateway of the Nextcloud apps (needs php)', () => {
  it('X-ops4: reaches what is listed and nothing else, with the token of the user and without a trace of it', () => {
    const run = spawnSync('php', [join(APPS_FOLDER, 'tests/gateway-test.php')], { encoding: 'utf8' });
    const lines = (run.stdout + run.stderr).split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('ok - '))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('ok - ')).length).toBeGreaterThanOrEqual(80);
    expect(run.status).toBe(0);
  });

  it('Q3: every PHP file parses', () => {
    const run = spawnSync('bash', [join(APPS_FOLDER, 'lint-php.sh')], { encoding: 'utf8' });
    expect([run.status, run.stdout]).toEqual([0, expect.stringMatching(/^php -l: \d{2,} files\n$/)]);
  });
});

describe('lint-php.sh', () => {
  it('Q3: says that it was skipped on a machine without php, and does not fail', () => {
    const bash = spawnSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).stdout.trim();
    const run = spawnSync(bash, [join(APPS_FOLDER, 'lint-php.sh')], {
      encoding: 'utf8',
      env: { PATH: '/nonexistent' },
      cwd: APPS_FOLDER,
    });
    expect([run.status, run.stdout]).toEqual([0, expect.stringContaining('SKIPPED')]);
  });
});
