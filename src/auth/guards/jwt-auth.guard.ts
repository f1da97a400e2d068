import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Passport } from 'passport';
import { IS_PUBLIC, type AuthenticatedRequest } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { declared, type OfRoute } from '../../access/route-declaration.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { isAccessToken } from '../access-tokens/access-token-secret.ts';
import { AccessTokenStrategy } from './access-token.strategy.ts';
import { bearerToken, type RequestHeaders } from './bearer-token.ts';
import { JwtStrategy } from './jwt.strategy.ts';

type GuardedRequest = AuthenticatedRequest & RequestHeaders;

/** Passport's types are Express's. */
type Middleware = (request: object, response: object, next: (error: Error) => void) => void;

const OPTIONS = { session: false };
const CHALLENGE = 'Bearer realm="voiceassist"';

// Made once: they tell nothing of a single request, and a wrong token must not cost the making of a stack.
const NO_TOKEN = refusal(CHALLENGE);
const INVALID_TOKEN = refusal(`${CHALLENGE}, error="invalid_token"`);

/** Asks every route for the access token of a session or a personal one unless it is declared public. */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  // One of its own: the instance that the package exports belongs to the whole process, where each new application
  // would replace the strategies of the one before.
  readonly #passport = new Passport();
  readonly #isPublic: OfRoute<boolean | undefined>;

  constructor(reflector: Reflector, jwt: JwtStrategy, accessTokens: AccessTokenStrategy) {
    this.#passport.use('jwt', jwt).use('access-token', accessTokens);
    this.#isPublic = declared(reflector, IS_PUBLIC);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (this.#isPublic(context) === true) return true;
    return this.#requirePrincipal(context.getArgByIndex<GuardedRequest>(0), context.getArgByIndex<object>(1));
  }

  async #requirePrincipal(request: GuardedRequest, response: object): Promise<true> {
    const principal = await this.#authenticate(request, response);
    // Thrown here and not rejected there, before anybody waits: Node would take note of a rejection that nobody handles.
    if (principal === undefined) throw request.headers['authorization'] === undefined ? NO_TOKEN : INVALID_TOKEN;
    request.user = principal;
    request.authenticateAgain = () => this.#authenticate(request, response);
    return true;
  }

  #authenticate(request: GuardedRequest, response: object): Promise<Principal | undefined> {
    // No token has the form of both.
    const strategy = isAccessToken(bearerToken(request) ?? '') ? 'access-token' : 'jwt';
    return new Promise((resolve, reject) => {
      const end = (error: Error | null | undefined, principal?: Principal | false): void => {
        if (error) reject(error);
        else resolve(principal === false ? undefined : principal);
      };
      const authenticate = this.#passport.authenticate(strategy, OPTIONS, end) as Middleware;
      authenticate(request, response, reject);
    });
  }
}

/** One answer for every wrong token (RFC 6750 section 3.1); without a token the challenge names no error. */
function refusal(challenge: string): DomainError {
  return new DomainError('unauthenticated', { headers: { 'www-authenticate': challenge } });
}
