import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { Role } from '../../access/principal.ts';
import { AuthConfig } from '../../config/auth.config.ts';
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

/** Issues access tokens (JWT, RFC 7519) with the claims of RFC 9068 that apply, each with a `jti` of its own. */
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
