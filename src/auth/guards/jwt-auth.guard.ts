import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Passport } from 'passport';
import { IS_PUBLIC, type AuthenticatedRequest } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { AccessTokenStrategy } from './access-token.strategy.ts';
import { JwtStrategy } from './jwt.strategy.ts';

const CHALLENGE = 'Bearer realm="voiceassist"';

/** Asks every route for the access token of a session or a personal one unless it is declared public. */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  // One of its own: the instance that the package exports belongs to the whole process, where each new application
  // would replace the strategies of the one before.
  readonly #passport = new Passport();

  constructor(
    private readonly reflector: Reflector,
    jwt: JwtStrategy,
    accessTokens: AccessTokenStrategy,
  ) {
    this.#passport.use('jwt', jwt).use('access-token', accessTokens);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isPublic === true) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest & Headers>();
    const principal = await this.#authenticate(request, context.switchToHttp().getResponse());
    if (principal === undefined) throw refusal(request);
    request.user = principal;
    return true;
  }

  #authenticate(request: object, response: object): Promise<Principal | undefined> {
    return new Promise((resolve, reject) => {
      const end = (error: Error | null | undefined, principal?: Principal | false): void => {
        if (error) reject(error);
        else resolve(principal === false ? undefined : principal);
      };
      const authenticate = this.#passport.authenticate(['jwt', 'access-token'], { session: false }, end) as Middleware;
      authenticate(request, response, reject);
    });
  }
}

interface Headers {
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Passport's types are Express's. */
type Middleware = (request: object, response: object, next: (error: Error) => void) => void;

/** One answer for every wrong token (RFC 6750 section 3.1); without a token the challenge names no error. */
function refusal({ headers }: Headers): DomainError {
  const challenge = headers['authorization'] === undefined ? CHALLENGE : `${CHALLENGE}, error="invalid_token"`;
  return new DomainError('unauthenticated', { headers: { 'www-authenticate': challenge } });
}
