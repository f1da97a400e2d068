import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { REQUIRED_SCOPE, type AuthenticatedRequest } from '../../access/declarations.ts';
import { declared, type OfRoute } from '../../access/route-declaration.ts';
import type { Scope } from '../../access/scopes.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainError } from '../../problem/domain-error.ts';

const CHALLENGE = 'Bearer realm="voiceassist", error="insufficient_scope"';

/** Lets personal access tokens into the routes that declare a scope they have, and into no other. */
@Injectable()
export class ScopeGuard implements CanActivate {
  readonly #requiredScope: OfRoute<Scope | undefined>;

  constructor(
    reflector: Reflector,
    private readonly trail: AuditTrail,
  ) {
    this.#requiredScope = declared(reflector, REQUIRED_SCOPE);
  }

  canActivate(context: ExecutionContext): true | Promise<never> {
    const request = context.getArgByIndex<FastifyRequest & AuthenticatedRequest>(0);
    const { user } = request;
    // Nobody: the route is public. Null: a session, which may do all that its user may.
    if (user === undefined || user.scopes === null) return true;
    const required = this.#requiredScope(context);
    if (required !== undefined && user.scopes.has(required)) return true;
    return this.#refuse(request, user.userId, required);
  }

  async #refuse(request: FastifyRequest, userId: string, required: Scope | undefined): Promise<never> {
    await this.trail.record({
      actorId: userId,
      action: 'access.denied',
      outcome: 'denied',
      targetType: 'route',
      targetId: `${request.method} ${request.routeOptions.url ?? ''}`,
      details: { reason: 'insufficient-scope' },
    });
    throw refusal(required);
  }
}

/** RFC 6750 section 3.1; the scope stays away where no token opens the route. */
function refusal(required: Scope | undefined): DomainError {
  const challenge = required === undefined ? CHALLENGE : `${CHALLENGE}, scope="${required}"`;
  return new DomainError('insufficient-scope', {
    headers: { 'www-authenticate': challenge },
    ...(required === undefined && { detail: 'This operation is for sessions; no personal access token opens it.' }),
  });
}
