import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type Resolvable, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { REQUEST_LIMIT, type LimitName } from '../../access/declarations.ts';
import { declared } from '../../access/route-declaration.ts';
import { DomainError } from '../../problem/domain-error.ts';

/** Refuses requests over their limit with 429 and Retry-After (RFC 6585 section 4). */
@Injectable()
export class RequestLimitGuard extends ThrottlerGuard {
  readonly #limitName = declared<LimitName | null>(this.reflector, REQUEST_LIMIT);

  /** The throttler's own also looks for its decorators, which no route has, in the metadata of each request's route. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.#limitName(context) === null) return true;
    const { getTracker, generateKey } = this.commonOptions;
    if (getTracker === undefined || generateKey === undefined) throw new Error('The throttler is not set up');
    for (const throttler of this.throttlers) {
      const limit = await resolve(throttler.limit, context);
      const ttl = await resolve(throttler.ttl, context);
      await this.handleRequest({ context, limit, ttl, throttler, blockDuration: ttl, getTracker, generateKey });
    }
    return true;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new DomainError('rate-limited', { retryAfterSeconds: timeToBlockExpire });
  }
}

function resolve(value: Resolvable<number>, context: ExecutionContext): number | Promise<number> {
  return typeof value === 'function' ? value(context) : value;
}
