import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { IS_PUBLIC } from '../../access/declarations.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { ACCESS_TOKEN_STRATEGY } from './access-token.strategy.ts';

const CHALLENGE = 'Bearer realm="voiceassist"';

/** Asks every route for the access token of a session or a personal one unless it is declared public. */
@Injectable()
export class JwtAuthGuard extends AuthGuard(['jwt', ACCESS_TOKEN_STRATEGY]) {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return isPublic === true || (await super.canActivate(context)) === true;
  }

  /** One answer for every wrong token (RFC 6750 section 3.1); without a token the challenge names no error. */
  override handleRequest<Found>(
    error: unknown,
    principal: Found | false | undefined,
    _info: unknown,
    context: ExecutionContext,
  ): Found {
    if (error instanceof Error) throw error;
    if (principal) return principal;
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, unknown> }>();
    const challenge = headers['authorization'] === undefined ? CHALLENGE : `${CHALLENGE}, error="invalid_token"`;
    throw new DomainError('unauthenticated', { headers: { 'www-authenticate': challenge } });
  }
}
