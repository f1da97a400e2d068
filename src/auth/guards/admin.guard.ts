import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { IS_ADMIN_ONLY, type AuthenticatedRequest } from '../../access/declarations.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';

/** Keeps everybody but administrators out of the routes declared for them, and records who tried. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly trail: AuditTrail,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isAdminOnly = this.reflector.getAllAndOverride<boolean | undefined>(IS_ADMIN_ONLY, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isAdminOnly !== true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & AuthenticatedRequest>();
    if (request.user?.role === 'admin') return true;
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
