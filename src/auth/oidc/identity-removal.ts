import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { endSession } from '../sessions/session-records.ts';
import { Identities } from '../identities/identities.ts';
import { Providers } from './providers.ts';

/** Takes an identity from an account, unless nobody could log in to it any more. */
@Injectable()
export class IdentityRemoval {
  constructor(
    private readonly identities: Identities,
    private readonly users: UsersRepository,
    private readonly providers: Providers,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `not-found`, `last-login-method` */
  async remove(em: EntityManager, { userId, sessionId }: SessionPrincipal, identityId: string): Promise<void> {
    const user = await this.users.findLocked(em, userId);
    const identities = await this.identities.listOf(em, userId);
    const identity = identities.find(({ id }) => id === identityId);
    if (user === null || identity === undefined) throw new DomainError('not-found');
    const isAnotherLeft = identities.some(({ id, provider }) => id !== identityId && this.#isOn(provider));
    if (!user.hashedPassword && !isAnotherLeft && !(await hasPasskey(em, userId))) {
      throw new DomainError('last-login-method');
    }
    const opened = await em.execute<{ id: string }[]>(
      'select id from sessions where identity_id = ? and id <> ? and ended_at is null',
      [identityId, sessionId],
    );
    for (const session of opened) await endSession(em, session.id, 'identity-removed');
    await this.identities.remove(em, identityId);
    const label = this.providers.findProvider(identity.provider)?.settings.label ?? identity.provider;
    const values = { provider: label, change: 'removed' } as const;
    await this.notifier.queue(em, { userId, to: user.email, template: 'identity-linked', values });
    await this.trail.append(em, {
      actorId: userId,
      action: 'identity.unlink',
      outcome: 'success',
      targetType: 'identity',
      targetId: identityId,
      details: { provider: identity.provider },
    });
  }

  #isOn(provider: string): boolean {
    return this.providers.findProvider(provider) !== undefined;
  }
}

async function hasPasskey(em: EntityManager, userId: string): Promise<boolean> {
  const rows = await em.execute<unknown[]>('select 1 from passkeys where user_id = ? limit 1', [userId]);
  return rows.length > 0;
}
