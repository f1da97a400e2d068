import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { AccountLinks } from './account-links.ts';
import { LoginCompletion, type LoginOutcome } from '../login/login-completion.ts';
import { NewPasswords } from '../password/new-passwords.ts';
import { AcceptedInvitations } from './accepted-invitations.ts';

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
    private readonly accepted: AcceptedInvitations,
    private readonly completion: LoginCompletion,
  ) {}

  /**
   * A password that is refused leaves the token good.
   *
   * @throws DomainError `one-time-token-invalid` before any hashing, `validation-failed`, `service-busy`
   */
  async accept({ token, password, fullName }: Acceptance): Promise<LoginOutcome> {
    const invited = await this.database.transaction((em) => this.#find(em, token));
    const name = fullName === undefined ? (invited.fullName ?? null) : fullName;
    const chosen = { password, email: invited.email, fullName: name, pointer: '/password' };
    const hashedPassword = await this.passwords.accept(chosen);
    const user = await this.database.transaction(async (em) => {
      const { user: redeemed } = await this.links.redeem(em, 'invitation', token);
      return this.accepted.store(em, redeemed, { hashedPassword, fullName: name });
    });
    const outcome = await this.completion.complete(user, { methods: ['pwd'], isMultiFactor: false });
    if (outcome === null) throw new DomainError('one-time-token-invalid');
    return outcome;
  }

  async #find(em: EntityManager, token: string): Promise<User> {
    return (await this.links.inspect(em, 'invitation', token)).user;
  }
}
