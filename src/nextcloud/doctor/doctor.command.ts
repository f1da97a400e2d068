import { parseArgs } from 'node:util';
import { commandEnvironment, runCommand } from '../../command.ts';
import { ConfigurationError } from '../../config/load-configuration.ts';
import { readEnvironment } from '../../config/read-environment.ts';
import { OutboundClient } from '../../outbound/outbound.client.ts';
import { outboundSettings } from '../../outbound/outbound-settings.ts';
import { Database } from '../../persistence/database.ts';
import { UserRegistry } from '../../users/user-registry.ts';
import type { CheckResult } from './check.types.ts';
import { doctorDocument } from './doctor.mapper.ts';
import { doctorReportText } from './doctor-report.text.ts';
import { DoctorService } from './doctor.service.ts';
import { doctorSettings } from './doctor-settings.ts';
import { ServerDoctor } from './server-doctor.ts';

/**
 * `npm run doctor -- [--deep] [--json] [--user <email>]`: 0 when there is no fault, 2 when there is one, 1 when nothing
 * could be looked at. Needs the configuration only, and the database with `--user`.
 */
const FAULTS = 2;
const UNUSABLE = 1;

const { values: flags } = parseArgs({
  options: { deep: { type: 'boolean' }, json: { type: 'boolean' }, user: { type: 'string' } },
});

if (flags.user === undefined) process.exit(await examineServer());
else await runCommand((app) => examineUser(app, flags.user ?? ''));

async function examineServer(): Promise<number> {
  try {
    const configuration = readEnvironment(commandEnvironment());
    const outbound = new OutboundClient(outboundSettings(configuration));
    const server = await new ServerDoctor(doctorSettings(configuration), outbound).examine(depth());
    await outbound.close();
    return tell(server, []);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return UNUSABLE;
  }
}

async function examineUser(app: Parameters<Parameters<typeof runCommand>[0]>[0], email: string): Promise<number> {
  const users = app.get(UserRegistry, { strict: false });
  const user = await app.get(Database, { strict: false }).read((em) => users.findByEmail(em, email));
  if (user === null) {
    process.stderr.write('There is no account with this address.\n');
    return UNUSABLE;
  }
  const server = await app.get(ServerDoctor, { strict: false }).examine(depth());
  return tell(server, await app.get(DoctorService, { strict: false }).examineAccount(user.id, server));
}

function depth(): { readonly isForAdministrator: true; readonly isDeep: boolean } {
  return { isForAdministrator: true, isDeep: flags.deep === true };
}

function tell(server: readonly CheckResult[], account: readonly CheckResult[]): number {
  const report = doctorDocument({ server, account, checkedAt: new Date(), isForAdministrator: true });
  const hasColours = process.stdout.isTTY;
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : doctorReportText(report, { hasColours }),
  );
  return report.summary.faults > 0 ? FAULTS : 0;
}
