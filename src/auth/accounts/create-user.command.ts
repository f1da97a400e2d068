import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { isEmailAddress } from '../../validation/email-address.ts';
import { readCommandLine, refuse, REFUSED } from '../../command-line.ts';
import { runCommand } from '../../command.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { RegistrationService } from './registration.service.ts';

const USAGE = `Usage: npm run user:create -- --email <address> [--name <full name>] [--admin] [--json]
Opens an account. The password is asked for, or read from the first line of standard input; it is never an argument.
--admin  the account is an administrator
--json   prints the account as JSON
Ends with 0 when the account is open, with 2 when something about it is refused, with 1 when the database cannot be used.
`;

const { values, positionals } = readCommandLine({
  usage: USAGE,
  options: {
    email: { type: 'string' },
    name: { type: 'string' },
    admin: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});
if (positionals.length > 0) refuse(`Unknown argument '${positionals[0] ?? ''}'`, USAGE);
if (values.email === undefined) refuse('--email is missing', USAGE);
const { email } = values;
if (!isEmailAddress(email)) refuse(`--email: '${email as string}' is no e-mail address`, USAGE);

const account = { email, fullName: values.name ?? null, password: await readPassword() };

await runCommand(async (app) => {
  const registration = app.get(RegistrationService, { strict: false });
  try {
    const user = await registration.create(account, { isAdmin: values.admin ?? false });
    const role = user.isAdmin ? 'admin' : 'user';
    const line =
      values.json === true ? JSON.stringify({ id: user.id, email: user.email, role }) : `Created ${role} ${user.id}.`;
    process.stdout.write(`${line}\n`);
    return 0;
  } catch (error) {
    if (!isDomainError(error, 'validation-failed', 'email-taken')) throw error;
    process.stderr.write(`${error.options.errors?.[0]?.detail ?? error.message}\n`);
    return REFUSED;
  }
});

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
