import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { HttpConfig } from '../../config/http.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { RegistrationService, type Registration } from './registration.service.ts';

const LIFE_SECONDS = 86_400;

/** The first administrator, made by whoever can read the log of the server. */
@Injectable()
export class SetUpService {
  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    private readonly users: UsersRepository,
    private readonly registration: RegistrationService,
    private readonly http: HttpConfig,
  ) {}

  /** @returns a link that is good once, for a day; null when there is an administrator */
  async makeLink(): Promise<string | null> {
    if (await this.hasAdministrator()) return null;
    const token = await this.database.transaction((em) =>
      this.tokens.issue(em, { purpose: 'set-up', userId: null, payload: {}, lifeSeconds: LIFE_SECONDS }),
    );
    return `${this.http.origin}/account/set-up#token=${token}`;
  }

  hasAdministrator(): Promise<boolean> {
    return this.database.read((em) => isThereAnother(em, null));
  }

  /**
   * Makes the first administrator.
   *
   * @throws DomainError `one-time-token-invalid`, also when there is an administrator by now; `validation-failed` for the
   *   password, `email-taken`, `service-busy`, `service-stopping`
   */
  async complete(token: string, account: Registration): Promise<User> {
    // Without a token that is good nothing is hashed, and nobody learns which addresses have accounts.
    const isGood = await this.database.transaction((em) => this.tokens.lock(em, 'set-up', token));
    if (isGood === null) throw new DomainError('one-time-token-invalid');
    return this.registration.register(account, {
      isAdmin: true,
      and: async (em, { id }) => {
        await em.execute("select pg_advisory_xact_lock(hashtextextended('set-up', 0))");
        const found = await this.tokens.redeem(em, 'set-up', token);
        if (found === null || (await isThereAnother(em, id))) throw new DomainError('one-time-token-invalid');
        await this.users.markEmailVerified(em, id);
      },
    });
  }
}

async function isThereAnother(em: EntityManager, id: string | null): Promise<boolean> {
  return (await em.count(User, { isAdmin: true, isActive: true, ...(id !== null && { id: { $ne: id } }) })) > 0;
}
