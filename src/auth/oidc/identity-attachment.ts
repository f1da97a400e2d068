import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { SecondFactors } from '../mfa/second-factors.ts';
import { JustInTimeAccounts, type ResolvedAccount } from '../identities/just-in-time-accounts.ts';
import type { VerifiedIdentity } from '../identities/identity-provider.port.ts';
import { Identities } from '../identities/identities.ts';
import { Providers } from './providers.ts';
import { OidcError } from '../identities/oidc.errors.ts';

/** A verified identity, and the account of the user that proved to own it. */
export interface Attachment {
  readonly userId: string;
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly identity: VerifiedIdentity;
}

/** Links an identity to an account, because its user asked for it. */
@Injectable()
export class IdentityAttachment {
  constructor(
    private readonly providers: Providers,
    private readonly identities: Identities,
    private readonly accounts: JustInTimeAccounts,
    private readonly factors: SecondFactors,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Appends to the audit trail: call it last.
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

  /** A password alone must not change an account that asks for more. @throws DomainError `account-link-required` */
  async requireNoSecondFactor(em: EntityManager, userId: string): Promise<void> {
    if ((await this.factors.methodsOf(em, userId)).length === 0) return;
    throw new DomainError('account-link-required', {
      detail: 'This account has a second factor: log in to it, then link the provider from there.',
    });
  }
}
