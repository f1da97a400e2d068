import { Buffer } from 'node:buffer';
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../../changes/domain-events.ts';
import { decrypt, encrypt } from '../../secrets/aes-gcm.ts';

const SECRET_BYTES = 32;
const KEY_BYTES = 32;
const FORM = /^ot_[A-Za-z0-9_-]{43}$/;

/** What a token is for; for every other purpose it is unknown. */
export type OneTimePurpose =
  | 'email-verification'
  | 'email-change'
  | 'password-reset'
  | 'invitation'
  | 'mfa-challenge'
  | 'mfa-enrolment'
  | 'passkey-registration'
  | 'passkey-authentication'
  | 'oidc-transaction'
  | 'oidc-exchange'
  | 'oidc-link'
  | 'app-connection'
  | 'set-up';

/** A token to be made. */
export interface NewOneTimeToken<Payload> {
  readonly purpose: OneTimePurpose;
  /** The account it acts for; null where none is known yet. */
  readonly userId: string | null;
  /** What the holder cannot see or change; JSON. */
  readonly payload: Payload;
  readonly lifeSeconds: number;
}

/** A token that is good now. */
export interface FoundOneTimeToken<Payload> {
  readonly userId: string | null;
  readonly payload: Payload;
  /** Wrong guesses made with it, see `recordAttempt`. */
  readonly attempts: number;
}

interface TokenRow {
  readonly user_id: string | null;
  readonly sealed_payload: string;
  readonly attempts: number;
}

/**
 * Tokens of 256 random bits, for one purpose, valid once. Stored is a hash, and the payload under a key that only
 * the token gives: whoever reads the table can neither use nor understand a row.
 */
@Injectable()
export class OneTimeTokens {
  constructor(events: DomainEvents) {
    events.on('user.deactivated', (em, { userId }) => this.withdrawAll(em, userId));
    events.on('user.deleted', (em, { userId }) => this.withdrawAll(em, userId));
  }

  /** @returns the token, `ot_` and 43 characters of base64url */
  async issue<Payload>(em: EntityManager, token: NewOneTimeToken<Payload>): Promise<string> {
    const text = `ot_${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const sealed = encrypt(payloadKey(text), Buffer.from(JSON.stringify(token.payload)), [token.purpose]);
    await em.execute('delete from one_time_tokens where expires_at < clock_timestamp()');
    await em.execute(
      `insert into one_time_tokens (token_hash, purpose, user_id, sealed_payload, expires_at)
       values (?, ?, ?, ?, clock_timestamp() + ? * interval '1 second')`,
      [hashOf(text), token.purpose, token.userId, sealed, token.lifeSeconds],
    );
    return text;
  }

  /** Looks at a token and leaves it good; its row stays locked until the transaction ends. */
  async lock<Payload>(
    em: EntityManager,
    purpose: OneTimePurpose,
    token: string,
  ): Promise<FoundOneTimeToken<Payload> | null> {
    if (!FORM.test(token)) return null;
    const [row] = await em.execute<TokenRow[]>(
      `select user_id, sealed_payload, attempts from one_time_tokens
       where token_hash = ? and purpose = ? and expires_at > clock_timestamp() for update`,
      [hashOf(token), purpose],
    );
    return row === undefined ? null : opened<Payload>(token, purpose, row);
  }

  /** Uses a token up. @returns null when it is unknown, expired, used or meant for something else */
  async redeem<Payload>(
    em: EntityManager,
    purpose: OneTimePurpose,
    token: string,
  ): Promise<FoundOneTimeToken<Payload> | null> {
    if (!FORM.test(token)) return null;
    const [row] = await em.execute<TokenRow[]>(
      `delete from one_time_tokens where token_hash = ? and purpose = ? and expires_at > clock_timestamp()
       returning user_id, sealed_payload, attempts`,
      [hashOf(token), purpose],
    );
    return row === undefined ? null : opened<Payload>(token, purpose, row);
  }

  /** Counts a wrong guess made with a token. */
  async recordAttempt(em: EntityManager, token: string): Promise<void> {
    await em.execute('update one_time_tokens set attempts = attempts + 1 where token_hash = ?', [hashOf(token)]);
  }

  /** Withdraws every token of an account. */
  async withdrawAll(em: EntityManager, userId: string): Promise<void> {
    await em.execute('delete from one_time_tokens where user_id = ?', [userId]);
  }

  /** Withdraws every token of an account for the given purposes. */
  async withdraw(em: EntityManager, userId: string, ...purposes: OneTimePurpose[]): Promise<void> {
    await em.execute(
      `delete from one_time_tokens where user_id = ? and purpose in (${purposes.map(() => '?').join(', ')})`,
      [userId, ...purposes],
    );
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** HKDF-SHA-256 (RFC 5869); tells nothing about the hash that is stored. */
function payloadKey(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', 'voiceassist/one-time-payload', KEY_BYTES));
}

function opened<Payload>(token: string, purpose: OneTimePurpose, row: TokenRow): FoundOneTimeToken<Payload> {
  const payload = JSON.parse(decrypt(payloadKey(token), row.sealed_payload, [purpose]).toString('utf8')) as Payload;
  return { userId: row.user_id, payload, attempts: row.attempts };
}
