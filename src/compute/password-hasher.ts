import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ComputePool } from './compute-pool.ts';

/** bcrypt reads no further. */
const BCRYPT_MOST_BYTES = 72;

/** Hash of 32 random bytes that nobody kept: what is compared where there is no account, so that both take as long. */
const NOBODY = '$2b$12$cqrY0dzIHuG66GZTQ7LW/e3a5LXcLMRlkp/9WL9.1a1FaNpgu.iyK';

/** Passwords to bcrypt hashes of 12 rounds and back, off the event loop. */
@Injectable()
export class PasswordHasher {
  readonly #pool: ComputePool;

  constructor(pool: ComputePool) {
    this.#pool = pool;
  }

  /** @throws DomainError `service-busy` */
  hash(password: string): Promise<string> {
    return this.#pool.run('hashPassword', bcryptInput(password));
  }

  /**
   * Takes the time of one comparison whether there is a hash or not.
   *
   * @param hashed undefined where no account may log in; the answer is then false
   * @throws DomainError `service-busy`
   */
  async verify(password: string, hashed: string | undefined): Promise<boolean> {
    const isRight = await this.#pool.run('verifyPassword', {
      input: bcryptInput(password),
      hashed: hashed ?? NOBODY,
    });
    return isRight && hashed !== undefined;
  }
}

/**
 * What bcrypt is given: the password itself, or its SHA-512 in base64 where bcrypt would ignore a part of it, that is
 * beyond 72 bytes or after a NUL. 54 of the 64 bytes of that digest fit.
 */
export function bcryptInput(password: string): string {
  const isWhole = Buffer.byteLength(password) <= BCRYPT_MOST_BYTES && !password.includes('\0');
  return isWhole ? password : createHash('sha512').update(password).digest('base64');
}
