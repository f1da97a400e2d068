import { createHmac, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { KeyRing } from '../../secrets/key-ring.ts';

const CODES = 10;
/** Crockford's base32: no letter that looks like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 6;
const GROUP_CHARACTERS = 4;
const FORM = /^[0-9A-HJKMNP-TV-Z]{24}$/;

/**
 * Codes of 120 random bits, each of which replaces the second factor once: with fewer than 112 a keyed hash would not be
 * enough to store them (OWASP ASVS 5.0, 6.5.2).
 */
@Injectable()
export class RecoveryCodes {
  constructor(private readonly ring: KeyRing) {}

  /** Ten new codes, `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`; the old ones become invalid. */
  async renew(em: EntityManager, userId: string): Promise<readonly string[]> {
    await this.forget(em, userId);
    const codes = Array.from({ length: CODES }, newCode);
    for (const code of codes) {
      await em.execute('insert into recovery_codes (user_id, code_hash) values (?, ?)', [
        userId,
        this.#hash(this.ring.currentId, userId, normalise(code)),
      ]);
    }
    return codes;
  }

  /** How many codes are left. */
  async count(em: EntityManager, userId: string): Promise<number> {
    const [row] = await em.execute<{ left: string }[]>(
      'select count(*) as left from recovery_codes where user_id = ?',
      [userId],
    );
    return Number(row?.left ?? 0);
  }

  /** Uses a code up, in any spelling. @returns false when it is none of the user's, or was used before */
  async use(em: EntityManager, userId: string, code: string): Promise<boolean> {
    const normalised = normalise(code);
    if (!FORM.test(normalised)) return false;
    // Under every key of the ring: a new current key must not make the codes on paper worthless.
    const hashes = this.ring.ids().map((keyId) => this.#hash(keyId, userId, normalised));
    const rows = await em.execute<unknown[]>(
      `delete from recovery_codes where user_id = ? and code_hash in (${hashes.map(() => '?').join(', ')})
       returning user_id`,
      [userId, ...hashes],
    );
    return rows.length > 0;
  }

  async forget(em: EntityManager, userId: string): Promise<void> {
    await em.execute('delete from recovery_codes where user_id = ?', [userId]);
  }

  #hash(keyId: string, userId: string, normalised: string): string {
    const key = this.ring.findKey(keyId, 'recovery-code');
    if (key === undefined) throw new Error('The key ring lost a key');
    return createHmac('sha256', key).update(`${userId}:${normalised}`).digest('hex');
  }
}

function newCode(): string {
  const group = (): string =>
    Array.from({ length: GROUP_CHARACTERS }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

/** As people copy it from paper: small letters, other separators, O for 0, I or L for 1. */
function normalise(code: string): string {
  return code.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
}
