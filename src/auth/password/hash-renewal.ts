import { Injectable } from '@nestjs/common';
import { PasswordHasher } from '../../compute/password-hasher.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';

/** Brings hashes to the rounds of today: only at a login is the password there to be hashed again. */
@Injectable()
export class HashRenewal {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * @param password what has just been found to be right
   * @returns the user as stored now; as given where the password was changed meanwhile
   * @throws DomainError `service-busy`
   */
  async renew(user: User, password: string): Promise<User> {
    const outdated = user.hashedPassword;
    if (!outdated || !this.hasher.isOutdated(outdated)) return user;
    const renewed = await this.hasher.hash(password);
    await this.database.transaction((em) => this.users.renewHash(em, user.id, { outdated, renewed }));
    const stored = await this.database.read((em) => this.users.findByEmail(em, user.email));
    if (!stored?.hashedPassword) return user;
    // Another login may have renewed it first.
    const isSame = stored.hashedPassword === renewed || (await this.hasher.verify(password, stored.hashedPassword));
    return isSame ? stored : user;
  }
}
