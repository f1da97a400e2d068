import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { LoginService } from '../login/login.service.ts';
import { LoginCompletion, type LoginOutcome } from '../login/login-completion.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { IdentityAttachment } from '../oidc/identity-attachment.ts';
import { openingOf, type LinkTokenPayload, type PasswordLinkPayload } from './exchange-codes.ts';

const MAX_ATTEMPTS = 5;

/** What a user presents to link an identity to an account. */
export interface PasswordLink {
  readonly linkToken: string;
  readonly password: string;
}

/** Links an identity to the account that has its address, for whoever knows the password, and logs in. */
@Injectable()
export class PasswordLinkService {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly logins: LoginService,
    private readonly attachment: IdentityAttachment,
    private readonly completion: LoginCompletion,
  ) {}

  /**
   * @throws DomainError `invalid-sso-code` for the token, `invalid-credentials`, `account-link-required` for an account
   *   with a second factor, `identity-taken`, `rate-limited`, `email-not-verified`
   */
  async link({ linkToken, password }: PasswordLink): Promise<LoginOutcome> {
    const user = await this.#account(linkToken);
    const checked = await this.logins.checkCredentials({ email: user.email, password });
    if (!checked.isRight || checked.user.id !== user.id) {
      await this.database.transaction((em) => this.tokens.recordAttempt(em, linkToken));
      throw new DomainError('invalid-credentials');
    }
    const opening = await this.database.transaction(async (em) => {
      const found = await this.tokens.redeem<PasswordLinkPayload>(em, 'oidc-link', linkToken);
      if (found?.userId !== user.id) throw new DomainError('invalid-sso-code');
      const { provider, identity: proved } = found.payload;
      const { identity } = await this.attachment.attach(em, { provider, identity: proved, userId: user.id });
      return openingOf(identity.id, proved.providerSid);
    });
    const current = await this.database.read((em) => em.findOneOrFail(User, { id: user.id }));
    // Linking may have changed the role; the password must still be the one that was right.
    const isSame = current.hashedPassword === checked.user.hashedPassword;
    const step = { ...opening, methods: ['pwd', 'fed'] as const, isMultiFactor: false };
    const outcome = isSame ? await this.completion.complete(current, step) : null;
    if (outcome === null) throw new DomainError('invalid-credentials');
    return outcome;
  }

  #account(linkToken: string): Promise<User> {
    return this.database.transaction(async (em) => {
      const found = await this.tokens.lock<LinkTokenPayload>(em, 'oidc-link', linkToken);
      const isGood = found !== null && found.payload.kind === 'password' && found.attempts < MAX_ATTEMPTS;
      if (!isGood || found.userId === null) throw new DomainError('invalid-sso-code');
      await this.attachment.requireNoSecondFactor(em, found.userId);
      return em.findOneOrFail(User, { id: found.userId });
    });
  }
}
