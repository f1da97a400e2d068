import { Buffer } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';
import type { AuthConfig } from '../config/auth.config.ts';
import { ComputePool } from './compute-pool.ts';

/** bcrypt reads no further. */
const BCRYPT_MAX_BYTES = 72;

/** Stands before a bcrypt hash whose input is a digest of the password. A hash without it is of an earlier version. */
const DIGESTED = '$hmac-sha384';
/** Makes the digest different from every other digest of a password. */
const DIGEST_KEY = 'voiceassist password';

/** What an earlier version gave bcrypt for a long password, as far as bcrypt reads it. */
const DIGEST_OF_LONG = /^[A-Za-z0-9+/]{72}$/;

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

  /** @throws DomainError `service-busy`, `service-stopping` */
  async hash(password: string): Promise<string> {
    const input = passwordDigest(password);
    return DIGESTED + (await this.pool.runTask('hashPassword', { input, rounds: this.#rounds }));
  }

  /** Whether a hash was made otherwise than new ones are. */
  isOutdated(hashed: string): boolean {
    return !hashed.startsWith(`${DIGESTED}$2b$${this.#rounds}$`);
  }

  /**
   * Takes the time of one comparison whether there is a hash or not.
   *
   * @param hashed undefined where no account may log in; the answer is then false
   * @throws DomainError `service-busy`, `service-stopping`
   */
  async verify(password: string, hashed: string | undefined): Promise<boolean> {
    const isDigested = hashed?.startsWith(DIGESTED) !== false;
    const isRight = await this.pool.runTask('verifyPassword', {
      input: isDigested ? passwordDigest(password) : undigestedInput(password),
      hashed: hashed?.replace(DIGESTED, '') ?? `$2b$${this.#rounds}$${NOBODY}`,
    });
    return isRight && hashed !== undefined && (isDigested || !DIGEST_OF_LONG.test(password));
  }
}

/** 64 characters for every password: bcrypt reads them all, and they are no password of their own. */
export function passwordDigest(password: string): string {
  return createHmac('sha384', DIGEST_KEY).update(password).digest('base64');
}

/**
 * What an earlier version, and other programs, gave bcrypt: the password itself, or its SHA-512 in base64 where bcrypt
 * would ignore a part of it, that is beyond 72 bytes or after a NUL. The first 72 characters of that digest logged in as
 * well, so no password of that form is right for such a hash.
 */
export function undigestedInput(password: string): string {
  const isWhole = Buffer.byteLength(password) <= BCRYPT_MAX_BYTES && !password.includes('\0');
  return isWhole ? password : createHash('sha512').update(password).digest('base64');
}
