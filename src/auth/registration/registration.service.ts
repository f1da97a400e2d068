import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UserRegistry } from '../../users/user-registry.ts';
import { NewPasswords } from '../password/new-passwords.ts';

/** Somebody who wants an account. */
export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly fullName: string | null;
}

/** Makes accounts. No account is ever an administrator because it was the first. */
@Injectable()
export class RegistrationService {
  readonly #database: Database;
  readonly #registry: UserRegistry;
  readonly #passwords: NewPasswords;
  readonly #trail: AuditTrail;

  constructor(database: Database, registry: UserRegistry, passwords: NewPasswords, trail: AuditTrail) {
    this.#database = database;
    this.#registry = registry;
    this.#passwords = passwords;
    this.#trail = trail;
  }

  /** @throws DomainError `validation-failed` for the password, `email-taken`, `service-busy` */
  register(registration: Registration): Promise<User> {
    return this.#create(registration, false);
  }

  /** An administrator, made by the operator and never over HTTP. @throws DomainError like `register` */
  createAdministrator(registration: Registration): Promise<User> {
    return this.#create(registration, true);
  }

  async #create({ email, password, fullName }: Registration, isAdmin: boolean): Promise<User> {
    const hashedPassword = await this.#passwords.accept({ password, email, fullName, pointer: '/password' });
    return this.#database.transaction(async (em) => {
      const user = await this.#registry.insert(em, { email, fullName, hashedPassword, isAdmin });
      await this.#trail.append(em, {
        actorId: user.id,
        action: 'user.register',
        outcome: 'success',
        targetType: 'user',
        targetId: user.id,
        details: { role: isAdmin ? 'admin' : 'user' },
      });
      return user;
    });
  }
}
