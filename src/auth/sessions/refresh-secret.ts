import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../secrets/key-ring.ts';

const PREFIX = 'rt_';
const SECRET_BYTES = 32;
const FORM = /^rt_[A-Za-z0-9_-]{43}$/;

/** Makes refresh tokens. Only their hashes are ever stored. */
@Injectable()
export class RefreshSecrets {
  constructor(private readonly ring: KeyRing) {}

  /** The first token of a session: 32 random bytes in base64url behind `rt_`. */
  first(): string {
    return PREFIX + randomBytes(SECRET_BYTES).toString('base64url');
  }

  /**
   * The token that follows `token`, under each key of the ring, the current one first. The same input gives the same
   * successor, so both sides of a race of one client get the same token although none is stored; nobody without the
   * key can compute it.
   */
  successors(token: string): readonly [string, ...string[]] {
    const [current, ...others] = this.ring.all('refresh-successor');
    return [successorUnder(current, token), ...others.map((key) => successorUnder(key, token))];
  }
}

function successorUnder(key: Buffer, token: string): string {
  return PREFIX + createHmac('sha256', key).update(token).digest('base64url');
}

/** Whether a text can be a refresh token at all. */
export function isRefreshToken(text: string): boolean {
  return FORM.test(text);
}

/** What is stored of a refresh token: its SHA-256 in hex. It has 256 bits of its own and needs no slow hash. */
export function refreshTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
