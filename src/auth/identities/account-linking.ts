import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { UserRegistry } from '../../users/users.repository.ts';
import { IdentityArrival, type Arrival, type Arrived } from './just-in-time-accounts.ts';
import { IdentityStore } from './identities.ts';
import { SignOnCodes } from './exchange-codes.ts';
import type { RedeemedSignOn } from '../oidc/authorization-requests.ts';
import { SsoFailure } from './sso.errors.ts';

/** How a proved identity comes out. */
export type SignOnOutcome =
  /** `code` opens the session at POST /api/auth/oidc/exchange. */
  | { readonly kind: 'login'; readonly code: string }
  /** `code` links the identity at POST /api/auth/identities. */
  | { readonly kind: 'link'; readonly code: string }
  /** `token` links the identity at POST /api/auth/oidc/link, with the password of the account. */
  | { readonly kind: 'link-required'; readonly token: string };

interface ArrivedLogin {
  readonly arrived: Arrived;
  readonly arrival: Arrival;
}

/**
 * Decides whose an identity is. Issuer and subject alone identify; an address may join an identity to an account only
 * when both sides have proved it, because whoever can write an address at a provider would else own the account.
 */
@Injectable()
export class IdentityLinking {
  readonly #database: Database;
  readonly #store: IdentityStore;
  readonly #arrival: IdentityArrival;
  readonly #codes: SignOnCodes;
  readonly #registry: UserRegistry;

  constructor(
    database: Database,
    store: IdentityStore,
    arrival: IdentityArrival,
    codes: SignOnCodes,
    registry: UserRegistry,
  ) {
    this.#database = database;
    this.#store = store;
    this.#arrival = arrival;
    this.#codes = codes;
    this.#registry = registry;
  }

  /** @throws SsoFailure `account-inactive`, `account-unknown`, `email-required`, `link-refused` */
  async settle(signOn: RedeemedSignOn, arrival: Arrival): Promise<SignOnOutcome> {
    try {
      return await this.#settle(signOn, arrival);
    } catch (error) {
      // Somebody opened an account of the same address in this moment; now it is there.
      if (isDomainError(error, 'email-taken')) return this.#settle(signOn, arrival);
      throw error;
    }
  }

  #settle(signOn: RedeemedSignOn, arrival: Arrival): Promise<SignOnOutcome> {
    return this.#database.transaction(async (em) => {
      const found = await this.#store.findLocked(em, arrival.identity);
      if (signOn.link !== null) {
        if (found !== null) throw new SsoFailure('link-refused');
        return { kind: 'link', code: await this.#codes.forLink(em, signOn.link, arrival) };
      }
      if (found !== null)
        return this.#login(em, signOn, { arrived: await this.#arrival.known(em, found, arrival), arrival });
      return this.#settleUnknown(em, signOn, arrival);
    });
  }

  async #settleUnknown(em: EntityManager, signOn: RedeemedSignOn, arrival: Arrival): Promise<SignOnOutcome> {
    const { email, isEmailVerified } = arrival.identity;
    if (email === null) throw new SsoFailure('email-required');
    const account = await this.#registry.findByEmail(em, email);
    if (account === null) {
      return this.#login(em, signOn, { arrived: await this.#arrival.open(em, email, arrival), arrival });
    }
    if (!account.isActive) throw new SsoFailure('account-inactive');
    if (isEmailVerified && account.emailVerifiedAt) {
      return this.#login(em, signOn, { arrived: await this.#arrival.link(em, account.id, arrival), arrival });
    }
    return { kind: 'link-required', token: await this.#codes.forPassword(em, account.id, arrival) };
  }

  async #login(em: EntityManager, { clientChallenge }: RedeemedSignOn, login: ArrivedLogin): Promise<SignOnOutcome> {
    return { kind: 'login', code: await this.#codes.forLogin(em, { ...login, clientChallenge }) };
  }
}
