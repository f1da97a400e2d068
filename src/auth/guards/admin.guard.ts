import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { IS_ADMIN_ONLY, type AuthenticatedRequest } from '../../access/declarations.ts';
import { declared, type OfRoute } from '../../access/route-declaration.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';

/** Keeps everybody but administrators out of the routes declared for them, and records who tried. */
@Injectable()
export class AdminGuard implements CanActivate {
  readonly #isAdminOnly: OfRoute<boolean | undefined>;

  constructor(
    reflector: Reflector,
    private readonly trail: AuditTrail,
  ) {
    this.#isAdminOnly = declared(reflector, IS_ADMIN_ONLY);
  }

  canActivate(context: ExecutionContext): true | Promise<never> {
    if (this.#isAdminOnly(context) !== true) return true;
    const request = context.getArgByIndex<FastifyRequest & AuthenticatedRequest>(0);
    return request.user?.role === 'admin' ? true : this.#refuse(request);
  }

  async #refuse(request: FastifyRequest & AuthenticatedRequest): Promise<never> {
    await this.trail.record({
      actorId: request.user?.userId ?? null,
      action: 'access.denied',
      outcome: 'denied',
      targetType: 'route',
      targetId: `${request.method} ${request.routeOptions.url ?? ''}`,
    });
    throw new DomainError('forbidden');
  }
}
