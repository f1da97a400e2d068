import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { PasswordHasher } from '../../compute/password-hasher.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import type { User } from '../../users/user.entity.ts';
import { UserRegistry } from '../../users/user-registry.ts';
import { PasswordPolicy } from '../password/password-policy.ts';

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
  readonly #policy: PasswordPolicy;
  readonly #hasher: PasswordHasher;
  readonly #trail: AuditTrail;

  constructor(
    database: Database,
    registry: UserRegistry,
    policy: PasswordPolicy,
    hasher: PasswordHasher,
    trail: AuditTrail,
  ) {
    this.#database = database;
    this.#registry = registry;
    this.#policy = policy;
    this.#hasher = hasher;
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
    this.#policy.check({ password, email, fullName, pointer: '/password' });
    const taken = await this.#database.read((em) => this.#registry.findByEmail(em, email));
    if (taken !== null) throw new DomainError('email-taken');
    const hashedPassword = await this.#hasher.hash(password);
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
