import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { isEmailAddress } from '../../validation/email-address.ts';
import { runCommand } from '../../command.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { RegistrationService } from './registration.service.ts';

const USAGE = `Usage: npm run user:create -- --email <address> [--name <full name>] [--admin]
The password is asked for, or read from the first line of standard input; it is never an argument.
`;
const REFUSED = 2;

const values = readOptions();
if (!isEmailAddress(values?.email)) {
  process.stderr.write(USAGE);
  process.exit(REFUSED);
}

const account = { email: values.email, fullName: values.name ?? null, password: await readPassword() };

await runCommand(async (app) => {
  const registration = app.get(RegistrationService, { strict: false });
  try {
    const user = await registration.create(account, { isAdmin: values.admin ?? false });
    process.stdout.write(`Created ${values.admin ? 'administrator' : 'user'} ${user.id}.\n`);
    return 0;
  } catch (error) {
    if (!isDomainError(error, 'validation-failed', 'email-taken')) throw error;
    process.stderr.write(`${error.options.errors?.[0]?.detail ?? error.message}\n`);
    return REFUSED;
  }
});

/** The options of the command line; undefined when there is one that the command does not know. */
function readOptions(): { email?: string; name?: string; admin?: boolean } | undefined {
  try {
    const options = { email: { type: 'string' }, name: { type: 'string' }, admin: { type: 'boolean' } } as const;
    return parseArgs({ options }).values;
  } catch {
    // The usage that follows says which options there are.
    return undefined;
  }
}

/** One line: typed without echo on a terminal, else from standard input. */
async function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  if (isTerminal) process.stderr.write('Password: ');
  try {
    for await (const line of reader) return line;
    return '';
  } finally {
    reader.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
