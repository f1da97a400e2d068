import { readCommandLine, refuse } from '../../command-line.ts';
import { ConfigurationError } from '../../config/load-configuration.ts';
import { readEnvironment } from '../../config/read-environment.ts';
import { OutboundClient } from '../../outbound/outbound.client.ts';
import { outboundSettings } from '../../outbound/outbound-settings.ts';
import type { CheckResult } from './check.types.ts';
import { doctorResponse } from './doctor.dto.ts';
import { doctorSettings } from './doctor-settings.ts';
import { ServerDoctor } from './server-doctor.ts';
import { doctorReportText } from './terminal-report.ts';

const UNUSABLE = 1;
const FAULTS = 2;

const USAGE = `Usage: npm run doctor -- [--deep] [--json] [--user <email>]
Checks the way to Nextcloud: what is wrong, why, and what to do.
--deep  also tries what takes longer or writes a test folder
--json  prints the report as JSON
--user  also checks the linked account of this user; needs the database
Ends with 0 when there is no fault, with 2 when there is one, with 1 when nothing could be looked at.
`;

const { values: flags, positionals } = readCommandLine({
  usage: USAGE,
  options: { deep: { type: 'boolean' }, json: { type: 'boolean' }, user: { type: 'string' } },
});
if (positionals.length > 0) refuse(`Unknown argument '${positionals[0] ?? ''}'`, USAGE);
const depth = { isForAdministrator: true, isDeep: flags.deep === true };

if (flags.user === undefined) process.exit(await examineServer());
// Only this needs the application, which takes seconds to load.
const { examineAccountOf } = await import('./doctor-of-user.ts');
await examineAccountOf(flags.user, { depth, print: printReport });

async function examineServer(): Promise<number> {
  try {
    const configuration = readEnvironment();
    const outbound = new OutboundClient(outboundSettings(configuration));
    const server = await new ServerDoctor(doctorSettings(configuration), outbound).examine(depth);
    await outbound.close();
    return printReport(server, []);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return UNUSABLE;
  }
}

/** Writes a report. @returns the exit code */
function printReport(server: readonly CheckResult[], account: readonly CheckResult[]): number {
  const report = doctorResponse({ server, account, checkedAt: new Date(), isForAdministrator: true });
  const hasColours = process.stdout.isTTY;
  const text = flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : doctorReportText(report, { hasColours });
  process.stdout.write(text);
  return report.summary.faults > 0 ? FAULTS : 0;
}
