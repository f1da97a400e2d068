import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { NEEDS_SIGNATURE, type AuthenticatedRequest } from '../../access/declarations.ts';
import { declared, type OfRoute } from '../../access/route-declaration.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { signedRequestOf } from '../../signing/signed-request.ts';
import { RequestSignatures } from '../../signing/request-signatures.ts';

/** Lets only signed requests into the operations that are marked, where there are keys, and records what it refuses. */
@Injectable()
export class SignatureGuard implements CanActivate {
  readonly #isMarked: OfRoute<boolean | undefined>;

  constructor(
    reflector: Reflector,
    private readonly signatures: RequestSignatures,
    private readonly trail: AuditTrail,
  ) {
    this.#isMarked = declared(reflector, NEEDS_SIGNATURE);
  }

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (this.#isMarked(context) !== true || !this.signatures.isOn('operations')) return true;
    return this.#verify(context.getArgByIndex<FastifyRequest & AuthenticatedRequest>(0));
  }

  async #verify(request: FastifyRequest & AuthenticatedRequest): Promise<true> {
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
