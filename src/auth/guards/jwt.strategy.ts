import { Injectable } from '@nestjs/common';
import { Strategy, type StrategyOptionsWithRequest, type VerifiedCallback } from 'passport-jwt';
import type { Principal } from '../../access/principal.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { SessionLoader } from '../sessions/session-loader.ts';
import { ACCESS_TOKEN_TYPE, AccessKeys, AUDIENCE, ISSUER } from '../sessions/access-keys.ts';
import { bearerToken, type RequestHeaders } from './bearer-token.ts';
import { VerifiedTokens, type AccessClaims } from './verified-tokens.ts';

// Clocks of two servers differ; what is further ahead was not signed by one of them (bar R24).
const MAX_SECONDS_AHEAD = 60;
const UNAUTHENTICATED = 401;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

type KeyCallback = (error: Error | null, key?: string) => void;

/** A token whose signature, algorithm, issuer, audience and times hold; its claims are still anybody's guess. */
interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
}

/** Accepts access tokens of this server from the Authorization header, one algorithm, one issuer, one audience, one type. */
@Injectable()
export class JwtStrategy extends Strategy {
  private readonly verified: VerifiedTokens;

  constructor(
    config: AuthConfig,
    keys: AccessKeys,
    private readonly sessions: SessionLoader,
  ) {
    const verified = new VerifiedTokens();
    const options: StrategyOptionsWithRequest = {
      jwtFromRequest: bearerToken,
      secretOrKeyProvider: (_request: unknown, token: string, done: KeyCallback) => {
        const key = keys.findFor(token);
        // The types lag behind: jsonwebtoken takes a KeyObject.
        if (key === undefined) done(new Error('The token names no key of this server'));
        else done(null, key as unknown as string);
      },
      algorithms: [config.jwtAlgorithm],
      issuer: ISSUER,
      audience: AUDIENCE,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way to see the header
      jsonWebTokenOptions: { complete: true },
      passReqToCallback: true,
    };
    super(options, (request: RequestHeaders, token: DecodedToken, done: VerifiedCallback) => {
      const claims = claimsOf(token);
      if (claims === undefined) {
        done(null, false);
        return;
      }
      verified.add(bearerToken(request) ?? '', claims);
      findPrincipal(claims, sessions).then(
        (principal) => done(null, principal ?? false),
        (error: unknown) => done(error),
      );
    });
    this.verified = verified;
  }

  /** Passport calls it on an object that it derives from this one for each request. */
  override authenticate(request: Parameters<Strategy['authenticate']>[0], options?: object): void {
    const claims = this.verified.find(bearerToken(request) ?? '');
    if (claims === undefined) {
      withoutStacks(() => super.authenticate(request, options));
      return;
    }
    findPrincipal(claims, this.sessions).then(
      (principal) => (principal === undefined ? this.fail(UNAUTHENTICATED) : this.success(principal)),
      (error: unknown) => this.error(error as Error),
    );
  }
}

/** The library makes an error for every wrong token, with two stacks that nobody reads. */
function withoutStacks(work: () => void): void {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** @returns undefined when the session has ended or is not of the user of the token */
async function findPrincipal({ sid, sub }: AccessClaims, sessions: SessionLoader): Promise<Principal | undefined> {
  const principal = await sessions.findPrincipal(sid);
  return principal?.userId === sub ? principal : undefined;
}

/** @returns undefined when the token is none of ours */
function claimsOf({ header, payload }: DecodedToken): AccessClaims | undefined {
  // `crit` names extensions that must be understood (RFC 7515 section 4.1.11); this server knows none.
  if (header['typ'] !== ACCESS_TOKEN_TYPE || 'crit' in header) return undefined;
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { sub, sid, exp, iat, jti } = payload as Readonly<Record<string, unknown>>;
  if (typeof exp !== 'number' || typeof iat !== 'number' || typeof jti !== 'string') return undefined;
  if (iat > Date.now() / 1000 + MAX_SECONDS_AHEAD) return undefined;
  return typeof sub === 'string' && typeof sid === 'string' && UUID.test(sid) ? { sub, sid, exp } : undefined;
}
