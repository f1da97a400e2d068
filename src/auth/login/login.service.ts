import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { SessionService } from '../sessions/session.service.ts';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer.ts';
import { CredentialCheck, type Credentials, type RefusalReason } from './credential-check.ts';

/** Login with address and password. */
@Injectable()
export class LoginService {
  readonly #check: CredentialCheck;
  readonly #sessions: SessionService;
  readonly #issuer: TokenIssuer;
  readonly #trail: AuditTrail;

  constructor(check: CredentialCheck, sessions: SessionService, issuer: TokenIssuer, trail: AuditTrail) {
    this.#check = check;
    this.#sessions = sessions;
    this.#issuer = issuer;
    this.#trail = trail;
  }

  /** @throws DomainError `invalid-credentials` for every reason a login can fail, `rate-limited`, `service-busy` */
  async login(credentials: Credentials): Promise<TokenPair> {
    const checked = await this.#check.check(credentials);
    if (!checked.isRight) return this.#refuse(checked.userId, checked.reason);
    const opened = await this.#sessions.open(checked.user);
    // The account changed while its password was being checked.
    if (opened === null) return this.#refuse(checked.user.id, 'deactivated');
    return this.#issuer.issue(opened);
  }

  async #refuse(userId: string | null, reason: RefusalReason): Promise<never> {
    await this.#trail.record({
      actorId: userId,
      action: 'session.login',
      outcome: 'failure',
      ...(userId !== null && { targetType: 'user', targetId: userId }),
      details: { reason },
    });
    throw new DomainError('invalid-credentials', { headers: { 'www-authenticate': 'Bearer realm="voiceassist"' } });
  }
}
