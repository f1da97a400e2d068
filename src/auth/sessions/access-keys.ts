import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../config/auth.config.ts';
import { jwtKeys } from '../../config/jwt-keys.ts';

/** `iss` of access tokens. */
export const ISSUER = 'voiceassist';

/** `aud` of access tokens. */
export const AUDIENCE = 'voiceassist-api';

/** `typ` in the header of access tokens (RFC 9068 section 2.1): no other kind of JWT passes for one. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * The keys of access tokens by name. The first signs, all verify: a key is changed without a moment in which a token is
 * refused. KeyObjects, because a string would first be tried as a public key on every verification.
 */
@Injectable()
export class AccessKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  #lastHeader: string | undefined;
  #lastKey: KeyObject | undefined;
  /** `kid` of the key that signs. */
  readonly currentId: string;
  readonly current: KeyObject;

  /** @throws Error when neither JWT_KEYS nor JWT_SECRET is set */
  constructor(config: AuthConfig) {
    const keys = jwtKeys(config).map(({ kid, secret }): [string, KeyObject] => [kid, createSecretKey(secret, 'utf8')]);
    const [first] = keys;
    if (first === undefined) throw new Error('JWT_KEYS and JWT_SECRET are not set');
    [this.currentId, this.current] = first;
    this.#keys = new Map(keys);
  }

  /** The key that a token names in its header (RFC 7515 section 4.1.4); it is a look-up by name and nothing else. */
  findFor(token: string): KeyObject | undefined {
    const header = token.slice(0, token.indexOf('.'));
    // Tokens of one key have one and the same header.
    if (header !== this.#lastHeader) {
      const kid = keyIdOf(header);
      this.#lastKey = kid === undefined ? undefined : this.#keys.get(kid);
      this.#lastHeader = header;
    }
    return this.#lastKey;
  }
}

function keyIdOf(encodedHeader: string): string | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(encodedHeader, 'base64url').toString());
    if (typeof header !== 'object' || header === null || !('kid' in header)) return undefined;
    return typeof header.kid === 'string' ? header.kid : undefined;
  } catch {
    // No JSON: nothing that this server has signed.
    return undefined;
  }
}
