import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { endSession } from '../sessions/session-records.ts';
import type { Identity } from './identity.entity.ts';
import { IdentityProviders, type VerifiedIdentity } from './identity-provider.port.ts';
import { Identities } from './identities.ts';
import { JustInTimeAccounts, type ResolvedAccount } from './just-in-time-accounts.ts';
import { OidcError } from './oidc.errors.ts';

/** A verified identity, and the account of the user that proved to own it. */
export interface Attachment {
  readonly userId: string;
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly identity: VerifiedIdentity;
}

/** The identities of a user at other issuers: list, attach, remove. */
@Injectable()
export class IdentitiesService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly identities: Identities,
    private readonly accounts: JustInTimeAccounts,
    private readonly providers: IdentityProviders,
    private readonly notifier: Notifier,
    private readonly trail: AuditTrail,
  ) {}

  /** The oldest first. */
  list({ userId }: Pick<SessionPrincipal, 'userId'>): Promise<Identity[]> {
    return this.database.read((em) => this.identities.listOf(em, userId));
  }

  /**
   * Links an identity to an account, because its user asked for it. Appends to the audit trail: call it last.
   *
   * @throws DomainError `identity-taken`, `not-found` when the provider is off meanwhile, `unauthenticated`
   */
  async attach(em: EntityManager, { userId, provider, identity }: Attachment): Promise<ResolvedAccount> {
    const { settings } = this.providers.get(provider);
    const found = await this.identities.findLocked(em, identity);
    if (found !== null && found.userId !== userId) throw new DomainError('identity-taken');
    const incoming = { settings, identity };
    try {
      const resolved = await (found === null
        ? this.accounts.link(em, userId, incoming)
        : this.accounts.signIn(em, found, incoming));
      await this.trail.append(em, ...resolved.records);
      return resolved;
    } catch (error) {
      throw error instanceof OidcError ? new DomainError('unauthenticated') : error;
    }
  }

  /**
   * Takes an identity from an account, unless nobody could log in to it any more.
   *
   * @throws DomainError `not-found`, `last-login-method`
   */
  remove({ userId, sessionId }: SessionPrincipal, identityId: string): Promise<void> {
    return this.database.transaction(async (em) => {
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
