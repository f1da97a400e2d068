import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Role } from '../../access/principal.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import type { KeyRing } from '../../secrets/key-ring.ts';
import { ACCESS_TOKEN_TYPE, AccessKeys, AUDIENCE, ISSUER } from './access-keys.ts';

/** A session that tokens can be issued for. */
export interface IssuableSession {
  readonly userId: string;
  readonly sessionId: string;
  readonly email: string;
  readonly role: Role;
  readonly refreshToken: string;
  /** Seconds until the session is over unless it is refreshed before. */
  readonly remainingSeconds: number;
}

/** What a client gets from a login or a refresh. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly refreshExpiresInSeconds: number;
}

const SECONDS_PER_MINUTE = 60;
const REFRESH_TOKEN_PREFIX = 'rt_';
const REFRESH_TOKEN_BYTES = 32;
const REFRESH_TOKEN = /^rt_[A-Za-z0-9_-]{43}$/;

/** Issues token pairs; access tokens are JWTs (RFC 7519) with the claims of RFC 9068 that apply, each with a `jti` of its own. */
@Injectable()
export class TokenIssuer {
  readonly #keyId: string;
  readonly #algorithm: AuthConfig['jwtAlgorithm'];
  readonly #lifeSeconds: number;

  constructor(
    private readonly jwt: JwtService,
    keys: AccessKeys,
    config: AuthConfig,
  ) {
    this.#keyId = keys.currentId;
    this.#algorithm = config.jwtAlgorithm;
    this.#lifeSeconds = config.accessTokenExpireMinutes * SECONDS_PER_MINUTE;
  }

  /** The access token never outlives the session. */
  issue({ refreshToken, remainingSeconds, ...session }: IssuableSession): TokenPair {
    const expiresInSeconds = Math.min(this.#lifeSeconds, remainingSeconds);
    const claims = { sid: session.sessionId, email: session.email, role: session.role };
    const accessToken = this.jwt.sign(claims, {
      algorithm: this.#algorithm,
      header: { alg: this.#algorithm, typ: ACCESS_TOKEN_TYPE, kid: this.#keyId },
      issuer: ISSUER,
      audience: AUDIENCE,
      subject: session.userId,
      jwtid: randomUUID(),
      expiresIn: expiresInSeconds,
    });
    return { accessToken, refreshToken, expiresInSeconds, refreshExpiresInSeconds: remainingSeconds };
  }
}

/** The first refresh token of a session: 32 random bytes in base64url behind `rt_`. Only hashes are ever stored. */
export function newRefreshToken(): string {
  return REFRESH_TOKEN_PREFIX + randomBytes(REFRESH_TOKEN_BYTES).toString('base64url');
}

/**
 * The refresh token that follows `token`, under each key of the ring, the current one first. The same input gives the
 * same successor, so both sides of a race of one client get the same token although none is stored; nobody without the
 * key can compute it.
 */
export function refreshTokenSuccessors(ring: KeyRing, token: string): readonly [string, ...string[]] {
  const [current, ...others] = ring.all('refresh-successor');
  return [successorUnder(current, token), ...others.map((key) => successorUnder(key, token))];
}

function successorUnder(key: Buffer, token: string): string {
  return REFRESH_TOKEN_PREFIX + createHmac('sha256', key).update(token).digest('base64url');
}

/** Whether a text can be a refresh token at all. */
export function isRefreshToken(text: string): boolean {
  return REFRESH_TOKEN.test(text);
}

/** What is stored of a refresh token: its SHA-256 in hex. It has 256 bits of its own and needs no slow hash. */
export function refreshTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
