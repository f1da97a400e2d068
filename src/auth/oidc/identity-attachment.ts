import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { SecondFactors } from '../mfa/second-factors.ts';
import { IdentityArrival, type Arrived } from '../identities/just-in-time-accounts.ts';
import type { ProvedIdentity } from '../identities/identity-provider.port.ts';
import { IdentityStore } from '../identities/identities.ts';
import { Providers } from './providers.ts';
import { SsoFailure } from '../identities/sso.errors.ts';

/** A proved identity, and the account that its owner has shown to be his. */
export interface Attachment {
  readonly userId: string;
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly identity: ProvedIdentity;
}

/** Gives an identity to an account whose owner asked for it. */
@Injectable()
export class IdentityAttachment {
  readonly #providers: Providers;
  readonly #store: IdentityStore;
  readonly #arrival: IdentityArrival;
  readonly #factors: SecondFactors;
  readonly #trail: AuditTrail;

  constructor(
    providers: Providers,
    store: IdentityStore,
    arrival: IdentityArrival,
    factors: SecondFactors,
    trail: AuditTrail,
  ) {
    this.#providers = providers;
    this.#store = store;
    this.#arrival = arrival;
    this.#factors = factors;
    this.#trail = trail;
  }

  /**
   * Appends to the audit trail: call it last.
   *
   * @throws DomainError `identity-taken`, `not-found` when the provider is off meanwhile, `unauthenticated`
   */
  async attach(em: EntityManager, { userId, provider, identity }: Attachment): Promise<Arrived> {
    const { settings } = this.#providers.get(provider);
    const found = await this.#store.findLocked(em, identity);
    if (found !== null && found.userId !== userId) throw new DomainError('identity-taken');
    const arrival = { settings, identity };
    try {
      const arrived = await (found === null
        ? this.#arrival.link(em, userId, arrival)
        : this.#arrival.known(em, found, arrival));
      await this.#trail.append(em, ...arrived.records);
      return arrived;
    } catch (error) {
      throw error instanceof SsoFailure ? new DomainError('unauthenticated') : error;
    }
  }

  /** A password alone must not change an account that asks for more. @throws DomainError `account-link-required` */
  async requireNoSecondFactor(em: EntityManager, userId: string): Promise<void> {
    if ((await this.#factors.methodsOf(em, userId)).length === 0) return;
    throw new DomainError('account-link-required', {
      detail: 'This account has a second factor: log in to it, then link the provider from there.',
    });
  }
}
