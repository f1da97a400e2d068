import { Injectable } from '@nestjs/common';
import { PasswordHasher } from '../../compute/password-hasher.ts';
import { PasswordPolicy, type NewPassword } from './password-policy.ts';

/** Turns passwords that somebody has chosen into hashes; no other way leads into an account. */
@Injectable()
export class NewPasswords {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * @returns the bcrypt hash to store
   * @throws DomainError `validation-failed` naming the field, before any work is done, or `service-busy`, `service-stopping`
   */
  async accept(chosen: NewPassword): Promise<string> {
    this.policy.checkPassword(chosen);
    return this.hasher.hash(chosen.password);
  }
}
