// F19: the session by hand of README.md, run as it is printed.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readText } from '../../architecture/source-files.ts';
import { freePort } from '../../support/server-under-test.ts';
import { until } from '../../support/until.ts';

const MODULE_HOOKS = new URL('../../runner/module-hooks.ts', import.meta.url).pathname;
const PRINTED_ADDRESS = 'http://localhost:8000';
const START_TIMEOUT_MS = 90_000;

let demo: ChildProcess;
let output = '';
let address: string;

beforeAll(async () => {
  const port = await freePort();
  address = `http://localhost:${String(port)}`;
  const { PATH } = process.env;
  demo = spawn(process.execPath, ['--no-warnings', '--import', MODULE_HOOKS, 'demo/demo.ts', '--keep'], {
    env: { PATH, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [demo.stdout, demo.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  await until(() => Promise.resolve(output.includes('Everything goes on running')), START_TIMEOUT_MS);
});
afterAll(async () => {
  const ended = once(demo, 'close');
  demo.kill('SIGINT');
  await ended;
});

/** The commands of the section, which stand in the block that names the address. */
function printedSession(): string {
  const [, section = ''] = readText('README.md').split('## A first session by hand');
  const block = [...section.split('\n## ')[0]!.matchAll(/```\n(.*?)```/gs)].find(([, text]) => text?.includes('API='));
  return block?.[1] ?? '';
}

describe('README.md', () => {
  it('F19 npm run demo -- --keep says what runs and how to log in', () => {
    expect(output).toContain(`server     ${address}`);
    expect(output).toMatch(/login {6}doctor@clinic\.example, password "demo .{16}"/);
    expect(output).toContain('user ana, password "seven lamps above the harbour"');
  });

  it('F19 the session by hand works as it is printed', async () => {
    const session = printedSession();
    expect(session).toContain(`API=${PRINTED_ADDRESS}`);
    const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', session.replace(PRINTED_ADDRESS, address)]);
    expect(stdout).toContain('"email":"ana@clinic.example"');
    expect(stdout).toContain('"uid":"ana"');
    expect(stdout).toContain('# First-line treatment');
    expect(stdout).toContain('"files_indexed":4');
    expect(stdout).toContain('thiazide-like diuretic');
    expect(stdout).not.toContain('"type":"https://');
    expect(stdout).not.toMatch(/"status":[45]\d\d/);
  });
});
