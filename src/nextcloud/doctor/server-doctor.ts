import type { OutboundClient } from '../../outbound/outbound.client.ts';
import { runChecks } from './check-runner.ts';
import type { CheckResult } from './check.types.ts';
import type { DoctorSettings } from './doctor-settings.ts';
import { DoctorProbe } from './protocol/doctor-probe.ts';
import { RefusedPasswords } from './refused-passwords.ts';
import { serverChecks } from './server-checks.ts';
import { ServerSnapshot, type ExaminationDepth, type ServerSnapshotParts } from './server-snapshot.ts';

/** Examines the Nextcloud of the configuration; needs no database. */
export class ServerDoctor {
  readonly #refused = new RefusedPasswords();

  constructor(
    readonly settings: DoctorSettings,
    private readonly outbound: OutboundClient,
  ) {}

  /** All checks of the server, within about 20 s. What is wrong is in the results; nothing of it is thrown. */
  examine(
    depth: ExaminationDepth,
    signOnFailures: ServerSnapshotParts['signOnFailures'] = null,
  ): Promise<CheckResult[]> {
    const snapshot = new ServerSnapshot({ settings: this.settings, outbound: this.outbound, depth, signOnFailures });
    return runChecks(serverChecks(this.#refused), snapshot);
  }

  /** For questions with a user's credential; undefined when no Nextcloud is configured. */
  probe(): DoctorProbe | undefined {
    return this.settings.url === undefined ? undefined : new DoctorProbe(this.outbound, this.settings.url);
  }
}
