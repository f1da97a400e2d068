import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { AuditAction } from '../audit/audit-actions.ts';
import type { AuditEvent } from '../audit/audit-event.entity.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { LimitsConfig } from '../config/limits.config.ts';
import { Counters } from '../ephemeral/counters.port.ts';
import { clientNetwork } from '../http/client-network.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import { NETWORK_FAILURES } from './alert-kinds.ts';

const WINDOW_MS = 15 * 60 * 1000;
const STEPS_OF_A_LOGIN = new Set<string>(['session.login', 'mfa.challenge', 'sso.login'] satisfies AuditAction[]);

/** Counts failed logins per network, for whatever accounts, and records once per window that there are many. */
@Injectable()
export class NetworkFailures {
  readonly #maxFailures: number;
  readonly #log = new Logger('Alerts');

  constructor(
    private readonly counters: Counters,
    private readonly trail: AuditTrail,
    limits: LimitsConfig,
  ) {
    this.#maxFailures = limits.loginFailuresPerNetwork;
  }

  /** Does not keep the caller waiting, who holds the head of the audit chain. */
  record({ action, outcome, address }: AuditEvent): void {
    if (outcome === 'success' || !STEPS_OF_A_LOGIN.has(action) || !address) return;
    this.#count(clientNetwork(address)).catch((error: unknown) => {
      this.#log.error({ ...failureForLog(error) }, 'Failures of a network cannot be recorded');
    });
  }

  async #count(network: string): Promise<void> {
    const key = `network-failures:${createHash('sha256').update(network).digest('hex')}`;
    const { count } = await this.counters.add(key, { windowMs: WINDOW_MS, by: 1 });
    if (count !== this.#maxFailures) return;
    await this.trail.record({ actorId: null, action: NETWORK_FAILURES, outcome: 'failure', details: { count } });
  }
}
