import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../config/load-configuration.ts';
import { readEnvironment } from '../../config/read-environment.ts';
import { OutboundClient } from '../../outbound/outbound.client.ts';
import { outboundSettings } from '../../outbound/outbound-settings.ts';
import type { CheckResult } from './check.types.ts';
import { doctorResponse } from './doctor.dto.ts';
import { doctorSettings } from './doctor-settings.ts';
import { ServerDoctor } from './server-doctor.ts';
import { doctorReportText } from './terminal-report.ts';

/**
 * `npm run doctor -- [--deep] [--json] [--user <email>]`: 0 when there is no fault, 2 when there is one, 1 when nothing
 * could be looked at. Needs the configuration only, and the database with `--user`.
 */
const UNUSABLE = 1;
const FAULTS = 2;

const { values: flags } = parseArgs({
  options: { deep: { type: 'boolean' }, json: { type: 'boolean' }, user: { type: 'string' } },
});
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
