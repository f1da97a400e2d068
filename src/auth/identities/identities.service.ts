import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { IdentityAttachment } from '../oidc/identity-attachment.ts';
import { IdentityRemoval } from '../oidc/identity-removal.ts';
import type { Identity } from './identity.entity.ts';
import { Identities } from './identities.ts';
import type { LinkPayload, LinkStartPayload, LinkTokenPayload, LoginPayload } from './exchange-codes.ts';

const START_SECONDS = 2 * 60;

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

/** The identities of a user at other issuers: list, add, remove. */
@Injectable()
export class IdentitiesService {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly identities: Identities,
    private readonly attachment: IdentityAttachment,
    private readonly removal: IdentityRemoval,
  ) {}

  /** The oldest first. */
  list({ userId }: Pick<SessionPrincipal, 'userId'>): Promise<Identity[]> {
    return this.database.read((em) => this.identities.listOf(em, userId));
  }

  /** @returns a token that a browser takes to the login page of the provider */
  beginLink({ userId, sessionId }: SessionPrincipal, wish: LinkWish): Promise<string> {
    const payload: LinkStartPayload = { kind: 'start', sessionId, ...wish };
    const token = { purpose: 'oidc-link', userId, payload, lifeSeconds: START_SECONDS } as const;
    return this.database.transaction((em) => this.tokens.issue(em, token));
  }

  /** Uses the token of `beginLink` up. @throws DomainError `invalid-sso-code` */
  async redeemLink(token: string, provider: string): Promise<LinkStart> {
    const found = await this.database.transaction((em) => this.#redeemStart(em, token));
    if (found === null || found.provider !== provider) throw new DomainError('invalid-sso-code');
    return found;
  }

  /**
   * Links the identity that a browser came back with to whoever began the link, in the same session: a browser that
   * somebody else has sent through the provider has another session, or none.
   *
   * @throws DomainError `invalid-sso-code`, `identity-taken`
   */
  add({ userId, sessionId }: SessionPrincipal, code: string): Promise<Identity> {
    return this.database.transaction(async (em) => {
      const found = await this.tokens.redeem<LinkPayload | LoginPayload>(em, 'oidc-exchange', code);
      const payload = found?.payload;
      if (found?.userId !== userId || payload?.kind !== 'link' || payload.sessionId !== sessionId) {
        throw new DomainError('invalid-sso-code');
      }
      const { provider, identity: proved } = payload;
      const { identity } = await this.attachment.attach(em, { provider, identity: proved, userId });
      return identity;
    });
  }

  /** @throws DomainError `not-found`, `last-login-method` */
  remove(principal: SessionPrincipal, identityId: string): Promise<void> {
    return this.database.transaction((em) => this.removal.remove(em, principal, identityId));
  }

  async #redeemStart(em: EntityManager, token: string): Promise<LinkStart | null> {
    const found = await this.tokens.lock<LinkTokenPayload>(em, 'oidc-link', token);
    if (found === null || found.userId === null || found.payload.kind !== 'start') return null;
    await this.tokens.redeem(em, 'oidc-link', token);
    const { provider, returnPath, sessionId } = found.payload;
    return { provider, returnPath, sessionId, userId: found.userId };
  }
}
