import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { AccountStore } from '../account/account.store.ts';
import { AccountSnapshot, type ExaminedAccount } from './account-snapshot.ts';
import { runChecks } from './check-runner.ts';
import type { CheckResult } from './check.types.ts';
import { ACCOUNT_CHECKS } from './checks/account.checks.ts';
import { ServerDoctor } from './server-doctor.ts';
import { SharedRuns } from './shared-runs.ts';
import { SignOnHistory } from './sign-on-history.ts';

/** What the doctor found. */
export interface DoctorReport {
  readonly server: readonly CheckResult[];
  /** Of the account of the user who asks. */
  readonly account: readonly CheckResult[];
  readonly checkedAt: Date;
}

type Examined = Omit<DoctorReport, 'account'>;

const KEEP_MS = 15_000;

/** Examines Nextcloud and the caller's account; however often it is asked, Nextcloud is asked every 15 s at most. */
@Injectable()
export class DoctorService {
  readonly #serverRuns = new SharedRuns<Examined>(KEEP_MS);
  readonly #accountRuns = new SharedRuns<CheckResult[]>(KEEP_MS);

  constructor(
    private readonly doctor: ServerDoctor,
    private readonly accounts: AccountStore,
    private readonly history: SignOnHistory,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * @param isDeep also tries the client secret of single sign-on, which Nextcloud may count
   * @throws DomainError `forbidden` when somebody else than an administrator asks for a deep run
   */
  async report({ userId, role }: Principal, isDeep: boolean): Promise<DoctorReport> {
    const isForAdministrator = role === 'admin';
    if (isDeep && !isForAdministrator) throw new DomainError('forbidden');
    const key = [role, isDeep].join(' ');
    const examined = await this.#serverRuns.get(key, () => this.#examineServer({ isForAdministrator, isDeep }));
    const account = await this.#accountRuns.get(userId, () => this.examineAccount(userId, examined.server));
    return { ...examined, account };
  }

  /** Looks at one account, given what is known of the server. */
  async examineAccount(userId: string, server: readonly CheckResult[]): Promise<CheckResult[]> {
    const snapshot = new AccountSnapshot({
      probe: this.doctor.probe(),
      account: await this.#account(userId),
      watchDirectories: this.doctor.settings.watchDirectories,
      onRefused: (error) => this.accounts.recordFailure(userId, error),
    });
    const results = await runChecks(ACCOUNT_CHECKS, snapshot, { known: server });
    const faults = results.filter(({ status }) => status === 'fault').length;
    const details = { faults };
    await this.audit.record({ actorId: userId, action: 'nextcloud.doctor', outcome: 'success', details });
    return results;
  }

  async #account(userId: string): Promise<ExaminedAccount | null> {
    const account = await this.accounts.findAccount(userId);
    if (account === null) return null;
    const { uid, scheme, state } = account;
    const isUsable = state === 'linked' && this.doctor.settings.url !== undefined;
    return { uid, scheme, state, login: isUsable ? await this.accounts.credential(userId) : null };
  }

  async #examineServer(depth: Parameters<ServerDoctor['examine']>[0]): Promise<Examined> {
    const { signOn } = this.doctor.settings;
    const failures = signOn === undefined ? null : () => this.history.lastDay(signOn.id);
    return { server: await this.doctor.examine(depth, failures), checkedAt: new Date() };
  }
}
