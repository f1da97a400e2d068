import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { FactorOwnerLock } from '../mfa/factor-owner-lock.ts';
import { PasskeyAssertions, type AssertionAnswer, type AuthenticationOptions } from '../passkeys/passkey-assertions.ts';
import { StepUpRecords } from './step-up-records.ts';

/** A fresh proof of identity in a session, by a passkey that verifies its user. */
@Injectable()
export class PasskeyStepUpService {
  constructor(
    private readonly database: Database,
    private readonly ownerLock: FactorOwnerLock,
    private readonly assertions: PasskeyAssertions,
    private readonly records: StepUpRecords,
  ) {}

  /** @throws DomainError `no-second-factor` when the account has no passkey */
  async createOptions({ userId, sessionId }: SessionPrincipal): Promise<AuthenticationOptions> {
    const question = await this.database.transaction((em) =>
      this.assertions.createOptions(em, { kind: 'step-up', userId, sessionId }),
    );
    if (question === null) throw new DomainError('no-second-factor');
    return question;
  }

  /** @throws DomainError `wrong-second-factor`, `rate-limited` */
  async prove(principal: SessionPrincipal, answer: AssertionAnswer): Promise<void> {
    await this.ownerLock.verifyFactor(principal, (em) => this.#check(em, principal, answer));
  }

  async #check(em: EntityManager, principal: SessionPrincipal, answer: AssertionAnswer): Promise<true | null> {
    const { userId, sessionId } = principal;
    await this.ownerLock.lock(em, principal);
    const { isRight } = await this.assertions.verify(em, { kind: 'step-up', userId, sessionId }, answer);
    if (!isRight) {
      await this.records.fail(em, principal, 'wrong-second-factor');
      return null;
    }
    await this.records.succeed(em, principal, 'passkey');
    return true;
  }
}
