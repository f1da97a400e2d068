import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { endSession } from './session-records.ts';

/** The session of a refresh token that was used again. */
export interface ReusedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly email: string;
  /** Its name or user agent, by which its user knows it. */
  readonly label: string | null;
}

/** What follows when a used refresh token comes back: somebody has copied it, and nobody can tell who is the thief. */
@Injectable()
export class TokenReuse {
  constructor(
    private readonly trail: AuditTrail,
    private readonly notifier: Notifier,
  ) {}

  /** Ends the session, tells its user, and records it: all of it or nothing. */
  async end(em: EntityManager, { sessionId, userId, email, label }: ReusedSession): Promise<void> {
    await endSession(em, sessionId, 'token-reuse');
    await this.notifier.queue(em, {
      userId,
      to: email,
      template: 'token-reuse',
      values: { ...(label !== null && { session: label }) },
    });
    await this.trail.append(em, {
      actorId: userId,
      action: 'token.reuse',
      outcome: 'denied',
      targetType: 'session',
      targetId: sessionId,
    });
  }
}
