import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { isVerifierOf } from '../login/code-challenge.ts';
import { LoginCompletion, type LoginOutcome, accountState } from '../login/login-completion.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import type { LinkPayload, LoginPayload } from './exchange-codes.ts';

/** What a client shows to get its session. */
export interface CodeExchange {
  readonly code: string;
  /** For a login that began with a challenge (RFC 7636 section 4.5); null without. */
  readonly verifier: string | null;
}

/** Exchanges the one-time code of a single sign-on for a session. */
@Injectable()
export class CodeExchangeService {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly completion: LoginCompletion,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `invalid-sso-code`, `email-not-verified` */
  async exchange({ code, verifier }: CodeExchange): Promise<LoginOutcome> {
    const found = await this.database.transaction((em) =>
      this.tokens.redeem<LoginPayload | LinkPayload>(em, 'oidc-exchange', code),
    );
    if (found === null || found.userId === null || found.payload.kind !== 'login') return this.#refuse(null);
    const { userId, payload } = found;
    if (!matchesChallenge(verifier, payload.clientChallenge)) return this.#refuse(userId);
    const user = await this.database.read((em) => em.findOne(User, { id: userId }));
    // Deactivated, demoted or given another password since the provider vouched.
    if (user === null || accountState(user) !== payload.accountState) return this.#refuse(userId);
    const outcome = await this.completion.complete(user, { ...payload.opening, isMultiFactor: false });
    return outcome ?? this.#refuse(userId);
  }

  async #refuse(userId: string | null): Promise<never> {
    await this.trail.record({
      actorId: null,
      action: 'sso.exchange',
      outcome: 'failure',
      ...(userId !== null && { targetType: 'user', targetId: userId }),
    });
    throw new DomainError('invalid-sso-code');
  }
}

/** With a challenge only its verifier will do; without one a verifier shows that the challenge was taken away. */
function matchesChallenge(verifier: string | null, challenge: string | null): boolean {
  if (verifier === null || challenge === null) return verifier === challenge;
  return isVerifierOf(challenge, verifier);
}
