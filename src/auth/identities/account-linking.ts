import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { JustInTimeAccounts, type IncomingIdentity, type ResolvedAccount } from './just-in-time-accounts.ts';
import { Identities } from './identities.ts';
import { ExchangeCodes } from './exchange-codes.ts';
import type { RedeemedRequest } from '../oidc/authorization-requests.ts';
import { OidcError } from './oidc.errors.ts';

/** What a verified identity leads to. */
export type FlowOutcome =
  /** `code` opens the session at POST /api/auth/oidc/exchange. */
  | { readonly kind: 'login'; readonly code: string }
  /** `code` links the identity at POST /api/auth/identities. */
  | { readonly kind: 'link'; readonly code: string }
  /** `token` links the identity at POST /api/auth/oidc/link, with the password of the account. */
  | { readonly kind: 'link-required'; readonly token: string };

interface ResolvedLogin {
  readonly resolved: ResolvedAccount;
  readonly incoming: IncomingIdentity;
}

/**
 * Decides which account an identity belongs to. Issuer and subject alone identify; an address may link an identity to
 * an account only when both sides have verified it: else whoever enters an address at a provider owns the account.
 */
@Injectable()
export class AccountLinking {
  constructor(
    private readonly database: Database,
    private readonly identities: Identities,
    private readonly accounts: JustInTimeAccounts,
    private readonly codes: ExchangeCodes,
    private readonly users: UsersRepository,
  ) {}

  /** @throws OidcError `account-inactive`, `account-unknown`, `email-required`, `link-refused` */
  async resolve(request: RedeemedRequest, incoming: IncomingIdentity): Promise<FlowOutcome> {
    try {
      return await this.#resolve(request, incoming);
    } catch (error) {
      // Somebody opened an account of the same address in this moment; now it is there.
      if (isDomainError(error, 'email-taken')) return this.#resolve(request, incoming);
      throw error;
    }
  }

  #resolve(request: RedeemedRequest, incoming: IncomingIdentity): Promise<FlowOutcome> {
    return this.database.transaction(async (em) => {
      const found = await this.identities.findLocked(em, incoming.identity);
      if (request.link !== null) {
        if (found !== null) throw new OidcError('link-refused');
        return { kind: 'link', code: await this.codes.forLink(em, request.link, incoming) };
      }
      if (found !== null)
        return this.#login(em, request, { resolved: await this.accounts.signIn(em, found, incoming), incoming });
      return this.#resolveUnknown(em, request, incoming);
    });
  }

  async #resolveUnknown(em: EntityManager, request: RedeemedRequest, incoming: IncomingIdentity): Promise<FlowOutcome> {
    const { email, isEmailVerified } = incoming.identity;
    if (email === null) throw new OidcError('email-required');
    const account = await this.users.findByEmail(em, email);
    if (account === null) {
      return this.#login(em, request, { resolved: await this.accounts.create(em, email, incoming), incoming });
    }
    if (!account.isActive) throw new OidcError('account-inactive');
    if (isEmailVerified && account.emailVerifiedAt) {
      return this.#login(em, request, { resolved: await this.accounts.link(em, account.id, incoming), incoming });
    }
    return { kind: 'link-required', token: await this.codes.forPassword(em, account.id, incoming) };
  }

  async #login(em: EntityManager, { clientChallenge }: RedeemedRequest, login: ResolvedLogin): Promise<FlowOutcome> {
    return { kind: 'login', code: await this.codes.forLogin(em, { ...login, clientChallenge }) };
  }
}
