import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { NEEDS_SIGNATURE, type AuthenticatedRequest } from '../../access/declarations.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { signedRequestOf } from '../../signing/signed-request.ts';
import { RequestSignatures } from '../../signing/request-signatures.ts';

/** Lets only signed requests into the operations that are marked, where there are keys, and records what it refuses. */
@Injectable()
export class SignatureGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly signatures: RequestSignatures,
    private readonly trail: AuditTrail,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isMarked = this.reflector.get<boolean | undefined>(NEEDS_SIGNATURE, context.getHandler());
    if (isMarked !== true || !this.signatures.isOn('operations')) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & AuthenticatedRequest>();
    try {
      await this.signatures.verify(signedRequestOf(request), 'operations');
    } catch (error) {
      if (isDomainError(error, 'signature-required', 'signature-invalid')) {
        await this.#refused(request, String(error.options.logContext?.['reason']));
      }
      throw error;
    }
    return true;
  }

  async #refused(request: FastifyRequest & AuthenticatedRequest, reason: string): Promise<void> {
    await this.trail.record({
      actorId: request.user?.userId ?? null,
      action: 'access.denied',
      outcome: 'denied',
      targetType: 'route',
      targetId: `${request.method} ${request.routeOptions.url ?? ''}`,
      details: { reason: `signature-${reason}` },
    });
  }
}
