import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { AccountLinks } from './account-links.ts';
import { LoginCompletion, type LoginOutcome } from '../login/login-completion.ts';
import { NewPasswords } from '../password/new-passwords.ts';

/** What somebody who was invited chooses. */
export interface Acceptance {
  readonly token: string;
  readonly password: string;
  /** undefined keeps the name that the administrator gave. */
  readonly fullName: string | null | undefined;
}

/** Opens an account by the token of its invitation, and logs in. */
@Injectable()
export class AcceptanceService {
  constructor(
    private readonly database: Database,
    private readonly links: AccountLinks,
    private readonly passwords: NewPasswords,
    private readonly users: UsersRepository,
    private readonly completion: LoginCompletion,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * A password that is refused leaves the token good.
   *
   * @throws DomainError `one-time-token-invalid` before any hashing, `validation-failed`, `service-busy`, `service-stopping`
   */
  async accept({ token, password, fullName }: Acceptance): Promise<LoginOutcome> {
    const { user: invited } = await this.database.transaction((em) => this.links.inspect(em, 'invitation', token));
    const name = fullName === undefined ? (invited.fullName ?? null) : fullName;
    const chosen = { password, email: invited.email, fullName: name, pointer: '/password' };
    const hashedPassword = await this.passwords.accept(chosen);
    const user = await this.database.transaction(async (em) => {
      const { user: redeemed } = await this.links.redeem(em, 'invitation', token);
      return this.#store(em, redeemed, { hashedPassword, fullName: name });
    });
    const outcome = await this.completion.complete(user, { methods: ['pwd'], isMultiFactor: false });
    if (outcome === null) throw new DomainError('one-time-token-invalid');
    return outcome;
  }

  /**
   * Makes the account one that its owner can log in to. The mail has shown that the address is theirs.
   *
   * @param user locked by the caller
   * @throws DomainError `one-time-token-invalid` when it has a password already: an invitation is no reset
   */
  async #store(
    em: EntityManager,
    user: User,
    { hashedPassword, fullName }: { readonly hashedPassword: string; readonly fullName: string | null },
  ): Promise<User> {
    if (user.hashedPassword) throw new DomainError('one-time-token-invalid');
    await this.users.replacePassword(em, user.id, hashedPassword);
    await this.users.markEmailVerified(em, user.id);
    await em.execute('update users set full_name = ? where id = ?', [fullName, user.id]);
    await this.trail.append(em, {
      actorId: user.id,
      action: 'user.accept-invitation',
      outcome: 'success',
      targetType: 'user',
      targetId: user.id,
    });
    return em.findOneOrFail(User, { id: user.id }, { refresh: true });
  }
}
