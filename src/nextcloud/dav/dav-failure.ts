import { parseRetryAfterMs } from '../../outbound/retry-after.ts';
import type { FailedAnswer, FailureVerdict } from '../../outbound/upstream.policy.ts';
import { DomainError, type DomainErrorOptions } from '../../problem/domain-error.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import { findEtag } from './dav-etag.ts';
import { findSabreException, type SabreException } from './sabre-exception.ts';

/** Nextcloud refuses every Basic login of an address for 30 min after too many wrong ones. */
const THROTTLE_SECONDS = 1_800;
const MAX_SURFACED_RETRY_SECONDS = 3_600;

const PLAIN: Readonly<Record<number, ProblemCode>> = {
  401: 'account-link-invalid',
  409: 'file-not-found',
  416: 'range-not-satisfiable',
  423: 'resource-locked',
  429: 'upstream-throttled',
  500: 'upstream-unavailable',
  502: 'upstream-unavailable',
  503: 'upstream-unavailable',
  504: 'upstream-timeout',
  507: 'storage-full',
};

/**
 * Decides what a failed DAV answer means, by status and exception class, never by translated text.
 * @param answer any answer that is not the expected success
 */
export function davFailure(answer: FailedAnswer, upstream: string): DomainError {
  const exception = findSabreException(answer.bodyText);
  const code = isMaintenance(answer) ? 'upstream-maintenance' : codeOf(answer, exception);
  return new DomainError(code, {
    ...retryAfter(code, answer),
    ...currentEtag(code, answer),
    logContext: { upstream, upstreamStatus: answer.status, exception: shortName(exception) },
  });
}

/**
 * How the outbound client treats 500, 502, 503 and 504 of a Nextcloud. A 500 with a DAV exception is about one resource; one
 * without comes from a server that cannot work.
 */
export function evaluateNextcloudFailure(answer: FailedAnswer): FailureVerdict {
  if (answer.status === 500) return findSabreException(answer.bodyText) === null ? 'outage' : 'answer';
  if (answer.status !== 503) return 'retry';
  if (isUserDisabled(findSabreException(answer.bodyText))) return 'answer';
  return isMaintenance(answer) ? 'maintenance' : 'retry';
}

function codeOf(answer: FailedAnswer, exception: SabreException | null): ProblemCode {
  const name = shortName(exception);
  switch (answer.status) {
    case 400:
      if (name === 'InvalidPath') return 'validation-failed';
      return exception ? 'upstream-protocol-error' : 'upstream-misconfigured';
    case 403:
      return exception ? 'forbidden' : 'upstream-misconfigured';
    case 404:
      // A proxy's own 404 page must not look like a deleted file.
      return exception ? 'file-not-found' : 'upstream-misconfigured';
    case 412:
      return 'etag-mismatch';
    case 500:
      if (isUserDisabled(exception)) return 'account-suspended';
      return name === 'LockedException' || name === 'FileLocked' ? 'resource-locked' : 'upstream-unavailable';
    case 503:
      return isUserDisabled(exception) ? 'account-suspended' : 'upstream-unavailable';
    default:
      if (answer.status < 300) return 'upstream-misconfigured';
      return PLAIN[answer.status] ?? 'upstream-protocol-error';
  }
}

/**
 * A disabled user's Bearer token is answered 500 with the login exception, Basic 503 with its class inside the message.
 * The text after the class is translated.
 */
function isUserDisabled(exception: SabreException | null): boolean {
  if (exception === null) return false;
  return shortName(exception) === 'LoginException' || /^OC\\User\\LoginException\b/.test(exception.message.trim());
}

function isMaintenance(answer: FailedAnswer): boolean {
  return answer.headers['x-nextcloud-maintenance-mode'] === '1' || answer.bodyText.includes('ServerMaintenanceMode');
}

function shortName(exception: SabreException | null): string {
  const name = exception?.exception.split('\\').at(-1) ?? '';
  return /^\w{1,80}$/.test(name) ? name : '';
}

function retryAfter(code: ProblemCode, answer: FailedAnswer): Pick<DomainErrorOptions, 'retryAfterSeconds'> {
  const waitMs = parseRetryAfterMs(answer.headers['retry-after']);
  if (waitMs !== null) return { retryAfterSeconds: Math.min(MAX_SURFACED_RETRY_SECONDS, Math.ceil(waitMs / 1_000)) };
  if (code === 'upstream-throttled') return { retryAfterSeconds: THROTTLE_SECONDS };
  return code === 'resource-locked' ? { retryAfterSeconds: 1 } : {};
}

function currentEtag(code: ProblemCode, answer: FailedAnswer): Pick<DomainErrorOptions, 'headers'> {
  const etag = code === 'etag-mismatch' ? findEtag(answer.headers['etag']) : null;
  return etag === null ? {} : { headers: { ETag: etag } };
}
