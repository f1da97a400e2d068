import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import type { SecondFactorMethod } from '../mfa/second-factors.ts';

/** Writes down how a proof of identity went. */
@Injectable()
export class StepUpRecords {
  constructor(private readonly trail: AuditTrail) {}

  /** Makes the proof of this session, and of no other, fresh. */
  async succeed(
    em: EntityManager,
    principal: SessionPrincipal,
    method: SecondFactorMethod | 'password',
  ): Promise<void> {
    const { userId, sessionId } = principal;
    await em.execute(
      'update sessions set authenticated_at = clock_timestamp() where id = ? and user_id = ? and ended_at is null',
      [sessionId, userId],
    );
    await this.#append(em, principal, { outcome: 'success', details: { method } });
  }

  async fail(
    em: EntityManager,
    principal: SessionPrincipal,
    reason: 'wrong-password' | 'wrong-second-factor',
  ): Promise<void> {
    await this.#append(em, principal, { outcome: 'failure', details: { reason } });
  }

  async #append(
    em: EntityManager,
    { userId, sessionId }: SessionPrincipal,
    event: { outcome: 'success' | 'failure'; details: Record<string, string> },
  ): Promise<void> {
    await this.trail.append(em, {
      actorId: userId,
      action: 'session.step-up',
      targetType: 'session',
      targetId: sessionId,
      ...event,
    });
  }
}
