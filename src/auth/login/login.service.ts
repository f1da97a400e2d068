import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { CredentialCheck, type Credentials, type RefusalReason } from './credential-check.ts';
import { LoginCompletion, type LoginOutcome } from './login-completion.ts';

/** Login with address and password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly check: CredentialCheck,
    private readonly completion: LoginCompletion,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * @throws DomainError `invalid-credentials` for every reason a login can fail, `email-not-verified`, `rate-limited`,
   *   `service-busy`
   */
  async login(credentials: Credentials): Promise<LoginOutcome> {
    const checked = await this.check.checkCredentials(credentials);
    if (!checked.isRight) return this.#refuse(checked.userId, checked.reason);
    const outcome = await this.completion.complete(checked.user, { methods: ['pwd'], isMultiFactor: false });
    // The account changed while its password was being checked.
    return outcome ?? this.#refuse(checked.user.id, 'deactivated');
  }

  async #refuse(userId: string | null, reason: RefusalReason): Promise<never> {
    await this.trail.record({
      actorId: userId,
      action: 'session.login',
      outcome: 'failure',
      ...(userId !== null && { targetType: 'user', targetId: userId }),
      details: { reason },
    });
    throw new DomainError('invalid-credentials', { headers: { 'www-authenticate': 'Bearer realm="voiceassist"' } });
  }
}
