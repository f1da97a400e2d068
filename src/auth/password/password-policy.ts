import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../config/auth.config.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { loadCommonPasswords } from './common-passwords.ts';
import { isGuessable } from './guessable.ts';

const PRODUCT_WORDS = ['voiceassist', 'voice assist', 'voiceassistserver', 'nextcloud'];
const LEAST_WORD_LENGTH = 4;

/** A new password and the account that it is for. */
export interface NewPassword {
  readonly password: string;
  readonly email: string;
  readonly fullName: string | null;
  /** JSON Pointer of the field in the request. */
  readonly pointer: string;
}

/** Which passwords are accepted: long enough and not the first that anybody would try. No rule asks for kinds of characters. */
@Injectable()
export class PasswordPolicy {
  readonly #leastLength: number;
  readonly #common = loadCommonPasswords();

  constructor(config: AuthConfig) {
    this.#leastLength = config.passwordMinLength;
  }

  /** @throws DomainError `validation-failed` with the rule that is broken */
  checkPassword({ password, email, fullName, pointer }: NewPassword): void {
    const rule = this.#brokenRule(password, wordsOf(email, fullName));
    if (rule !== undefined) throw new DomainError('validation-failed', { errors: [{ pointer, detail: rule }] });
  }

  #brokenRule(password: string, ownWords: ReadonlySet<string>): string | undefined {
    // Code points, as NIST SP 800-63B counts them.
    if ([...password].length < this.#leastLength) {
      return `The password must have at least ${this.#leastLength} characters.`;
    }
    const isWord = (text: string): boolean =>
      text.length >= LEAST_WORD_LENGTH && (this.#common.has(text) || ownWords.has(text));
    return isGuessable(password, isWord)
      ? 'The password is too common: it is among the first that anybody would try.'
      : undefined;
  }
}

/** Words that somebody who knows the account and the product would try. */
function wordsOf(email: string, fullName: string | null): ReadonlySet<string> {
  const address = email.toLowerCase();
  const [local = '', domain = ''] = address.split('@');
  const names = (fullName ?? '').toLowerCase();
  const parts = [local, domain, names].flatMap((text) => text.split(/[^\p{L}\p{N}]+/u));
  const whole = [address, local, domain, local + domain, names, names.replaceAll(/\s+/g, '')];
  return new Set([...whole, ...parts, ...PRODUCT_WORDS].filter((word) => word.length >= LEAST_WORD_LENGTH));
}
