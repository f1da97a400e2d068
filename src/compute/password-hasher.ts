import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { AuthConfig } from '../config/auth.config.ts';
import { ComputePool } from './compute-pool.ts';

/** bcrypt reads no further. */
const BCRYPT_MAX_BYTES = 72;

/** Salt and digest that nobody knows a password for: compared where there is no account, so that both take as long. */
const NOBODY = 'cqrY0dzIHuG66GZTQ7LW/e3a5LXcLMRlkp/9WL9.1a1FaNpgu.iyK';

/** Passwords to bcrypt hashes of BCRYPT_ROUNDS and back, off the event loop. */
export class PasswordHasher {
  readonly #rounds: number;

  constructor(
    private readonly pool: ComputePool,
    { bcryptRounds }: Pick<AuthConfig, 'bcryptRounds'>,
  ) {
    this.#rounds = bcryptRounds;
  }

  /** @throws DomainError `service-busy` */
  hash(password: string): Promise<string> {
    return this.pool.runTask('hashPassword', { input: bcryptInput(password), rounds: this.#rounds });
  }

  /** Whether a hash was made with other rounds than new ones are. */
  isOutdated(hashed: string): boolean {
    return !hashed.startsWith(`$2b$${this.#rounds}$`);
  }

  /**
   * Takes the time of one comparison whether there is a hash or not.
   *
   * @param hashed undefined where no account may log in; the answer is then false
   * @throws DomainError `service-busy`
   */
  async verify(password: string, hashed: string | undefined): Promise<boolean> {
    const isRight = await this.pool.runTask('verifyPassword', {
      input: bcryptInput(password),
      hashed: hashed ?? `$2b$${this.#rounds}$${NOBODY}`,
    });
    return isRight && hashed !== undefined;
  }
}

/**
 * What bcrypt is given: the password itself, or its SHA-512 in base64 where bcrypt would ignore a part of it, that is
 * beyond 72 bytes or after a NUL. 54 of the 64 bytes of that digest fit.
 */
export function bcryptInput(password: string): string {
  const isWhole = Buffer.byteLength(password) <= BCRYPT_MAX_BYTES && !password.includes('\0');
  return isWhole ? password : createHash('sha512').update(password).digest('base64');
}
