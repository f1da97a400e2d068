import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { LoginCompletion, type LoginOutcome } from '../login/login-completion.ts';
import { PasskeyAssertions, type AssertionAnswer, type AuthenticationOptions } from './passkey-assertions.ts';

/** Login with a passkey alone: it is something the user has, and it has verified who holds it. */
@Injectable()
export class PasskeyLoginService {
  constructor(
    private readonly database: Database,
    private readonly assertions: PasskeyAssertions,
    private readonly users: UsersRepository,
    private readonly completion: LoginCompletion,
    private readonly trail: AuditTrail,
  ) {}

  /** A question to any authenticator; no address is asked for, so the answer tells nothing about one. */
  async createOptions(): Promise<AuthenticationOptions> {
    const question = await this.database.transaction((em) => this.assertions.createOptions(em, { kind: 'login' }));
    if (question === null) throw new Error('A login can be asked for always');
    return question;
  }

  /** @throws DomainError `invalid-passkey` for every reason it can fail, `email-not-verified` */
  async login(answer: AssertionAnswer): Promise<LoginOutcome> {
    const { userId, user } = await this.database.transaction(async (em) => {
      const verdict = await this.assertions.verify(em, { kind: 'login' }, answer);
      const owner = verdict.isRight && verdict.userId !== null ? await this.users.findLocked(em, verdict.userId) : null;
      return { userId: verdict.userId, user: owner };
    });
    const outcome = user === null ? null : await this.#complete(user);
    if (outcome !== null) return outcome;
    await this.trail.record({
      actorId: userId,
      action: 'session.login',
      outcome: 'failure',
      ...(userId !== null && { targetType: 'user', targetId: userId }),
      details: { reason: user === null ? 'invalid-passkey' : 'deactivated' },
    });
    throw new DomainError('invalid-passkey');
  }

  #complete(user: User): Promise<LoginOutcome | null> {
    return this.completion.complete(user, { methods: ['hwk', 'mfa'], isMultiFactor: true });
  }
}
