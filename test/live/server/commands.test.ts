// F15: the operator's commands are called and answer alike.
import { describe, expect, it } from '@jest/globals';
import { globSync } from 'node:fs';
import { ServerUnderTest } from '../../support/server-under-test.ts';
import { readText } from '../../architecture/source-files.ts';

const COMMANDS = globSync('src/**/*.command.ts').map((path) => path.replace(/^src\//, ''));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

async function run(entry: string, ...args: string[]): Promise<Ended> {
  const command = await ServerUnderTest.spawn({ entry, args, env: { LOG_LEVEL: 'warn' } });
  const { code } = await command.ended;
  await command.stop();
  return { code, output: command.output };
}

describe('F15 every command', () => {
  it('is listed in docs/operations.md, for npm and for the image', () => {
    const page = readText('docs/operations.md');
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    expect(COMMANDS.length).toBeGreaterThan(3);
    for (const entry of COMMANDS) {
      const built = `dist/src/${entry.replace(/\.ts$/, '.js')}`;
      const [script] = Object.entries(scripts).find(([, text]) => text.includes(built)) ?? [];
      expect([entry, page.includes(`npm run ${script ?? '?'}`), page.includes(`node ${built}`)]).toEqual([
        entry,
        true,
        true,
      ]);
    }
  });

  it.each(COMMANDS)('%s prints its usage for --help and ends with 0', async (entry) => {
    const { code, output } = await run(entry, '--help');
    expect([code, output]).toEqual([0, expect.stringMatching(/^Usage: npm run [a-z:]+/)]);
    expect(output).not.toMatch(/ {4}at /);
  });

  it.each(COMMANDS.flatMap((entry, index) => [[entry, index % 2 === 0 ? '--colour' : 'purple']]))(
    '%s names what it does not know, for example %s, and ends with 2',
    async (entry = '', argument = '') => {
      const { code, output } = await run(entry, argument);
      expect([code, output]).toEqual([2, expect.stringMatching(new RegExp(`'${argument}'[\\s\\S]*Usage:`))]);
      expect(output).not.toMatch(/ {4}at /);
    },
  );

  it('names the value that is wrong', async () => {
    const { code, output } = await run('auth/accounts/create-user.command.ts', '--email', 'no address');
    expect([code, output]).toEqual([2, expect.stringContaining("--email: 'no address' is no e-mail address")]);
  });

  it('prints JSON where it is asked for', async () => {
    const { code, output } = await run('audit/verify.command.ts', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual({ is_intact: true, checked: expect.any(Number) as unknown });
  });
});
