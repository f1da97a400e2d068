import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { LoginCompletion, type LoginOutcome } from '../login/login-completion.ts';
import { LoginService } from '../login/login.service.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { SecondFactors } from '../mfa/second-factors.ts';
import {
  openingOf,
  type LinkPayload,
  type LinkStartPayload,
  type LinkTokenPayload,
  type LoginPayload,
  type PasswordLinkPayload,
} from './exchange-codes.ts';
import { IdentitiesService } from './identities.service.ts';
import type { Identity } from './identity.entity.ts';

const START_SECONDS = 2 * 60;
const MAX_ATTEMPTS = 5;

/** A link that a user wants to begin. */
export interface LinkWish {
  readonly provider: string;
  readonly returnPath: string;
}

/** What a link that has begun is about. */
export interface LinkStart extends LinkWish {
  readonly userId: string;
  readonly sessionId: string;
}

/** What a user presents to link an identity to an account. */
export interface PasswordLink {
  readonly linkToken: string;
  readonly password: string;
}

/** Links an identity to an account, for a user who is logged in to it or knows its password. */
@Injectable()
export class IdentityLinkService {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly identities: IdentitiesService,
    private readonly logins: LoginService,
    private readonly factors: SecondFactors,
    private readonly completion: LoginCompletion,
  ) {}

  /** @returns a token that a browser takes to the login page of the provider */
  begin({ userId, sessionId }: SessionPrincipal, wish: LinkWish): Promise<string> {
    const payload: LinkStartPayload = { kind: 'start', sessionId, ...wish };
    const token = { purpose: 'oidc-link', userId, payload, lifeSeconds: START_SECONDS } as const;
    return this.database.transaction((em) => this.tokens.issue(em, token));
  }

  /** Uses the token of `begin` up. @throws DomainError `invalid-sso-code` */
  async redeemStart(token: string, provider: string): Promise<LinkStart> {
    const found = await this.database.transaction((em) => this.#redeemStart(em, token));
    if (found === null || found.provider !== provider) throw new DomainError('invalid-sso-code');
    return found;
  }

  /**
   * Links the identity that a browser came back with to whoever began the link, in the same session: a browser that
   * somebody else has sent through the provider has another session, or none.
   *
   * @throws DomainError `invalid-link-code`, `identity-taken`
   */
  confirm({ userId, sessionId }: SessionPrincipal, code: string): Promise<Identity> {
    return this.database.transaction(async (em) => {
      const found = await this.tokens.redeem<LinkPayload | LoginPayload>(em, 'oidc-exchange', code);
      const payload = found?.payload;
      if (found?.userId !== userId || payload?.kind !== 'link' || payload.sessionId !== sessionId) {
        throw new DomainError('invalid-link-code');
      }
      const { provider, identity: verified } = payload;
      const { identity } = await this.identities.attach(em, { provider, identity: verified, userId });
      return identity;
    });
  }

  /**
   * Links an identity to the account that has its address, for whoever knows the password, and logs in.
   *
   * @throws DomainError `invalid-sso-code` for the token, `invalid-credentials`, `account-link-required` for an account
   *   with a second factor, `identity-taken`, `rate-limited`, `email-not-verified`
   */
  async confirmByPassword({ linkToken, password }: PasswordLink): Promise<LoginOutcome> {
    const user = await this.#account(linkToken);
    const checked = await this.logins.checkCredentials({ email: user.email, password });
    if (!checked.isRight || checked.user.id !== user.id) {
      await this.database.transaction((em) => this.tokens.recordAttempt(em, linkToken));
      throw new DomainError('invalid-credentials');
    }
    const opening = await this.database.transaction(async (em) => {
      const found = await this.tokens.redeem<PasswordLinkPayload>(em, 'oidc-link', linkToken);
      if (found?.userId !== user.id) throw new DomainError('invalid-sso-code');
      const { provider, identity: verified } = found.payload;
      const { identity } = await this.identities.attach(em, { provider, identity: verified, userId: user.id });
      return openingOf(identity.id, verified.providerSid);
    });
    const current = await this.database.read((em) => em.findOneOrFail(User, { id: user.id }));
    // Linking may have changed the role; the password must still be the one that was right.
    const isSame = current.hashedPassword === checked.user.hashedPassword;
    const step = { ...opening, methods: ['pwd', 'fed'] as const, isMultiFactor: false };
    const outcome = isSame ? await this.completion.complete(current, step) : null;
    if (outcome === null) throw new DomainError('invalid-credentials');
    return outcome;
  }

  async #redeemStart(em: EntityManager, token: string): Promise<LinkStart | null> {
    const found = await this.tokens.lock<LinkTokenPayload>(em, 'oidc-link', token);
    if (found === null || found.userId === null || found.payload.kind !== 'start') return null;
    await this.tokens.redeem(em, 'oidc-link', token);
    const { provider, returnPath, sessionId } = found.payload;
    return { provider, returnPath, sessionId, userId: found.userId };
  }

  #account(linkToken: string): Promise<User> {
    return this.database.transaction(async (em) => {
      const found = await this.tokens.lock<LinkTokenPayload>(em, 'oidc-link', linkToken);
      const isGood = found !== null && found.payload.kind === 'password' && found.attempts < MAX_ATTEMPTS;
      if (!isGood || found.userId === null) throw new DomainError('invalid-sso-code');
      await this.#requireNoSecondFactor(em, found.userId);
      return em.findOneOrFail(User, { id: found.userId });
    });
  }

  /** A password alone must not change an account that asks for more. @throws DomainError `account-link-required` */
  async #requireNoSecondFactor(em: EntityManager, userId: string): Promise<void> {
    if ((await this.factors.methodsOf(em, userId)).length === 0) return;
    throw new DomainError('account-link-required', {
      detail: 'This account has a second factor: log in to it, then link the provider from there.',
    });
  }
}
