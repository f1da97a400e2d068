import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../problem/domain-error.ts';
import { failureForLog } from '../problem/failure-for-log.ts';
import { AuditTrail } from './audit-trail.ts';
import { AuditVerifier, type AuditVerdict, type CheckOptions } from './audit-verifier.ts';

const RETRY_AFTER_SECONDS = 10;

/** A check of the whole trail on request, which is an event itself. */
@Injectable()
export class AuditInspection {
  readonly #log = new Logger('Audit');
  #isRunning = false;

  constructor(
    private readonly verifier: AuditVerifier,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * @param actorId who asks; null for the operator at the command line
   * @throws DomainError `service-busy` while this process is at another check, `request-timeout` when `signal` aborts
   */
  async verify(actorId: string | null, options: CheckOptions = {}): Promise<AuditVerdict> {
    if (this.#isRunning) throw new DomainError('service-busy', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    this.#isRunning = true;
    try {
      const verdict = await this.verifier.verify(options);
      await this.#record(actorId, verdict);
      return verdict;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Into a trail that may be damaged beyond writing: what was found is told all the same. */
  async #record(actorId: string | null, { isIntact, checked, fault }: AuditVerdict): Promise<void> {
    try {
      await this.trail.record({
        actorId,
        action: 'audit.verify',
        outcome: isIntact ? 'success' : 'failure',
        details: { checked, ...(fault && { reason: fault.reason, first_bad_sequence: fault.firstBadSequence }) },
      });
    } catch (error) {
      if (isIntact) throw error;
      this.#log.error({ ...failureForLog(error) }, 'The audit trail is not intact and cannot be written');
    }
  }
}
