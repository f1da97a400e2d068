import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { NEEDS_STEP_UP, type AuthenticatedRequest } from '../../access/declarations.ts';
import { declared, type OfRoute } from '../../access/route-declaration.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { DomainError } from '../../problem/domain-error.ts';

const SECONDS_PER_MINUTE = 60;

/** Refuses sensitive changes unless the user was authenticated recently; requests with an access token always. */
@Injectable()
export class StepUpGuard implements CanActivate {
  readonly #isNeeded: OfRoute<boolean | undefined>;
  readonly #maxSeconds: number;

  constructor(reflector: Reflector, config: AuthConfig) {
    this.#isNeeded = declared(reflector, NEEDS_STEP_UP);
    this.#maxSeconds = config.stepUpMinutes * SECONDS_PER_MINUTE;
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.#isNeeded(context) !== true) return true;
    const { user } = context.getArgByIndex<AuthenticatedRequest>(0);
    if (user?.sessionId != null && user.authenticatedSecondsAgo <= this.#maxSeconds) return true;
    throw new DomainError('step-up-required');
  }
}
