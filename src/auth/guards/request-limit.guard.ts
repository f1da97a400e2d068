import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { DomainError } from '../../problem/domain-error.ts';

/** Refuses requests over their limit with 429 and Retry-After (RFC 6585 section 4). */
@Injectable()
export class RequestLimitGuard extends ThrottlerGuard {
  protected override throwThrottlingException(
    _context: ExecutionContext,
    { timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new DomainError('rate-limited', { retryAfterSeconds: timeToBlockExpire });
  }
}
