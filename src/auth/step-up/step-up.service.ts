import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import type { AuditRecord } from '../../audit/audit-record.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { LoginService } from '../login/login.service.ts';
import { FactorOwnerLock } from '../mfa/factor-owner-lock.ts';
import { SecondFactors, type SecondFactorMethod } from '../mfa/second-factors.ts';
import { PasskeyAssertions, type AssertionAnswer, type AuthenticationOptions } from '../passkeys/passkey-assertions.ts';

/** What a user has typed. */
export interface TypedProof {
  readonly password?: string | undefined;
  readonly code?: string | undefined;
}

interface WantedProof {
  readonly password: boolean;
  readonly code: boolean;
}

/** A fresh proof of identity in a session: by password and code, or by a passkey that verifies its user. */
@Injectable()
export class StepUpService {
  constructor(
    private readonly database: Database,
    private readonly logins: LoginService,
    private readonly ownerLock: FactorOwnerLock,
    private readonly factors: SecondFactors,
    private readonly assertions: PasskeyAssertions,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * @throws DomainError `validation-failed` naming what is missing, `wrong-password`, `wrong-second-factor`,
   *   `rate-limited`, `service-busy`, `service-stopping`, `step-up-required` when the account has nothing to prove itself with here
   */
  async prove(principal: SessionPrincipal, { password, code }: TypedProof): Promise<void> {
    const wanted = await this.#wanted(principal);
    requireGiven(wanted, { password, code });
    if (wanted.password) await this.#provePassword(principal, password ?? '');
    if (wanted.code) await this.ownerLock.verifyFactor(principal, (em) => this.#proveCode(em, principal, code ?? ''));
    else await this.database.transaction((em) => this.#succeed(em, principal, 'password'));
  }

  /** @throws DomainError `no-second-factor` when the account has no passkey */
  async createOptions({ userId, sessionId }: SessionPrincipal): Promise<AuthenticationOptions> {
    const question = await this.database.transaction((em) =>
      this.assertions.createOptions(em, { kind: 'step-up', userId, sessionId }),
    );
    if (question === null) throw new DomainError('no-second-factor');
    return question;
  }

  /** @throws DomainError `wrong-second-factor`, `rate-limited` */
  async proveByPasskey(principal: SessionPrincipal, answer: AssertionAnswer): Promise<void> {
    await this.ownerLock.verifyFactor(principal, (em) => this.#provePasskey(em, principal, answer));
  }

  /** A second factor is asked for wherever there is one: a stolen password must not be enough to remove it. */
  async #wanted(principal: SessionPrincipal): Promise<WantedProof> {
    const [row] = await this.database.read((em) =>
      em.execute<{ has_password: boolean; has_factor: boolean }[]>(
        `select hashed_password is not null as has_password,
           exists (select 1 from totp_factors t where t.user_id = users.id and confirmed_at is not null)
           or exists (select 1 from passkeys k where k.user_id = users.id) as has_factor
         from users where id = ?`,
        [principal.userId],
      ),
    );
    const wanted = { password: row?.has_password === true, code: row?.has_factor === true };
    if (wanted.password || wanted.code) return wanted;
    throw new DomainError('step-up-required', {
      detail: 'The account has neither a password nor a second factor: log in again through its identity provider.',
    });
  }

  async #provePassword(principal: SessionPrincipal, password: string): Promise<void> {
    const checked = await this.logins.checkCredentials({
      email: principal.email,
      password,
      sessionId: principal.sessionId,
    });
    if (checked.isRight && checked.user.id === principal.userId) return;
    await this.database.transaction((em) => this.#fail(em, principal, 'wrong-password'));
    throw new DomainError('wrong-password');
  }

  async #proveCode(em: EntityManager, principal: SessionPrincipal, code: string): Promise<true | null> {
    await this.ownerLock.lock(em, principal);
    const method = await this.factors.accept(em, principal.userId, code);
    if (method === null) {
      await this.#fail(em, principal, 'wrong-second-factor');
      return null;
    }
    await this.#succeed(em, principal, method);
    return true;
  }

  async #provePasskey(em: EntityManager, principal: SessionPrincipal, answer: AssertionAnswer): Promise<true | null> {
    const { userId, sessionId } = principal;
    await this.ownerLock.lock(em, principal);
    const { isRight } = await this.assertions.verify(em, { kind: 'step-up', userId, sessionId }, answer);
    if (!isRight) {
      await this.#fail(em, principal, 'wrong-second-factor');
      return null;
    }
    await this.#succeed(em, principal, 'passkey');
    return true;
  }

  /** Makes the proof of this session, and of no other, fresh. */
  async #succeed(
    em: EntityManager,
    principal: SessionPrincipal,
    method: SecondFactorMethod | 'password',
  ): Promise<void> {
    const { userId, sessionId } = principal;
    await em.execute(
      'update sessions set authenticated_at = clock_timestamp() where id = ? and user_id = ? and ended_at is null',
      [sessionId, userId],
    );
    await this.#append(em, principal, { outcome: 'success', details: { method } });
  }

  async #fail(
    em: EntityManager,
    principal: SessionPrincipal,
    reason: 'wrong-password' | 'wrong-second-factor',
  ): Promise<void> {
    await this.#append(em, principal, { outcome: 'failure', details: { reason } });
  }

  async #append(
    em: EntityManager,
    { userId, sessionId }: SessionPrincipal,
    event: Pick<AuditRecord<'session.step-up'>, 'outcome' | 'details'>,
  ): Promise<void> {
    await this.trail.append(em, {
      actorId: userId,
      action: 'session.step-up',
      targetType: 'session',
      targetId: sessionId,
      ...event,
    });
  }
}

function requireGiven(wanted: WantedProof, { password, code }: TypedProof): void {
  const errors = [
    ...(wanted.password && password === undefined
      ? [{ pointer: '/password', detail: 'The password is needed, or a passkey in place of everything else.' }]
      : []),
    ...(wanted.code && code === undefined
      ? [
          {
            pointer: '/code',
            detail: 'A code of the second factor is needed, or a passkey in place of everything else.',
          },
        ]
      : []),
  ];
  if (errors.length > 0) throw new DomainError('validation-failed', { errors });
}
