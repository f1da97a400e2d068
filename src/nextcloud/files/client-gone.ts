import { DomainError, isDomainError } from '../../problem/domain-error.ts';

const REASON = 'client-gone';

/** The reason that ends a request after its client has left; nobody sees the answer. */
export function clientGone(): DomainError {
  return new DomainError('malformed-request', { detail: 'The client went away.', logContext: { reason: REASON } });
}

/** True for {@link clientGone}. */
export function isClientGone(error: unknown): boolean {
  return isDomainError(error, 'malformed-request') && error.options.logContext?.['reason'] === REASON;
}
