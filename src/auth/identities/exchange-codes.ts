import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { accountState } from '../login/login-completion.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import type { SessionOpening } from '../sessions/session.service.ts';
import type { IncomingIdentity, ResolvedAccount } from './just-in-time-accounts.ts';
import type { VerifiedIdentity } from './identity-provider.port.ts';
import type { LinkTarget } from '../oidc/authorization-requests.ts';

const CODE_SECONDS = 60;
const LINK_SECONDS = 10 * 60;

/** What a code of a login carries; the session is opened when it is exchanged, so no token waits in a table. */
export interface LoginPayload {
  readonly kind: 'login';
  readonly opening: SessionOpening;
  /** See `accountState`. */
  readonly accountState: string;
  readonly clientChallenge: string | null;
}

/** What a code carries that gives an identity to somebody who is logged in. */
export interface LinkPayload {
  readonly kind: 'link';
  readonly sessionId: string;
  readonly provider: string;
  readonly identity: VerifiedIdentity;
}

/** What a token carries that gives an identity to whoever knows the password of the account. */
export interface PasswordLinkPayload {
  readonly kind: 'password';
  readonly provider: string;
  readonly identity: VerifiedIdentity;
}

/** What a token carries that takes a browser to the provider on behalf of somebody who is logged in. */
export interface LinkStartPayload {
  readonly kind: 'start';
  readonly sessionId: string;
  readonly provider: string;
  readonly returnPath: string;
}

/** What an `oidc-link` token carries. */
export type LinkTokenPayload = PasswordLinkPayload | LinkStartPayload;

/** A login that a code is made for. */
export interface CodedLogin {
  readonly resolved: ResolvedAccount;
  readonly incoming: IncomingIdentity;
  readonly clientChallenge: string | null;
}

/** Makes the codes that the browser carries from the callback to the client: valid once, useless in a log. */
@Injectable()
export class ExchangeCodes {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly trail: AuditTrail,
  ) {}

  /** Appends to the audit trail: call it last. */
  async forLogin(em: EntityManager, { resolved, incoming, clientChallenge }: CodedLogin): Promise<string> {
    const { user, identity, records } = resolved;
    const { providerSid } = incoming.identity;
    const payload: LoginPayload = {
      kind: 'login',
      opening: openingOf(identity.id, providerSid),
      accountState: accountState(user),
      clientChallenge,
    };
    const code = await this.tokens.issue(em, {
      purpose: 'oidc-exchange',
      userId: user.id,
      payload,
      lifeSeconds: CODE_SECONDS,
    });
    await this.trail.append(em, ...records, {
      actorId: user.id,
      action: 'sso.login',
      outcome: 'success',
      targetType: 'user',
      targetId: user.id,
      details: { provider: incoming.settings.id },
    });
    return code;
  }

  async forLink(em: EntityManager, { userId, sessionId }: LinkTarget, incoming: IncomingIdentity): Promise<string> {
    const { settings, identity } = incoming;
    const payload: LinkPayload = { kind: 'link', sessionId, provider: settings.id, identity };
    return this.tokens.issue(em, { purpose: 'oidc-exchange', userId, payload, lifeSeconds: LINK_SECONDS });
  }

  /** Appends to the audit trail: call it last. */
  async forPassword(em: EntityManager, userId: string, { settings, identity }: IncomingIdentity): Promise<string> {
    const payload: PasswordLinkPayload = { kind: 'password', provider: settings.id, identity };
    const token = await this.tokens.issue(em, { purpose: 'oidc-link', userId, payload, lifeSeconds: LINK_SECONDS });
    await this.trail.append(em, {
      actorId: null,
      action: 'sso.login',
      outcome: 'failure',
      targetType: 'user',
      targetId: userId,
      details: { provider: settings.id, reason: 'link-required' },
    });
    return token;
  }
}

/** How a session is opened that an identity vouches for. */
export function openingOf(identityId: string, providerSid: string | null): SessionOpening {
  return { methods: ['fed'], identityId, ...(providerSid !== null && { providerSid }) };
}
