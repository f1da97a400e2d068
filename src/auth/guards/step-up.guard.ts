import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { NEEDS_STEP_UP, type AuthenticatedRequest } from '../../access/declarations.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { DomainError } from '../../problem/domain-error.ts';

const SECONDS_PER_MINUTE = 60;

/** Refuses sensitive changes unless the user was authenticated recently; requests with an access token always. */
@Injectable()
export class StepUpGuard implements CanActivate {
  readonly #maxSeconds: number;

  constructor(
    private readonly reflector: Reflector,
    config: AuthConfig,
  ) {
    this.#maxSeconds = config.stepUpMinutes * SECONDS_PER_MINUTE;
  }

  canActivate(context: ExecutionContext): boolean {
    const isNeeded = this.reflector.getAllAndOverride<boolean | undefined>(NEEDS_STEP_UP, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isNeeded !== true) return true;
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (user?.sessionId != null && user.authenticatedSecondsAgo <= this.#maxSeconds) return true;
    throw new DomainError('step-up-required');
  }
}
