import { failure } from '../../outbound/transport-error.ts';
import { retryAfterBackoff } from '../../outbound/retry-after.ts';
import { DomainError } from '../../problem/domain-error.ts';

/** Nextcloud refuses every Basic login of an address for 30 min after too many wrong ones. */
const THROTTLE_SECONDS = 1_800;

/** An answer of the OCS API after its transport-level failures are dealt with. */
export interface OcsAnswer {
  /** `meta.statuscode`: 100 or 200 for success, else the reason. */
  readonly statusCode: number;
  /** An empty array where there is nothing, else mostly an object. */
  readonly data: unknown;
}

/** The raw answer. */
export interface OcsRawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly bodyText: string;
  /** Value of Retry-After. */
  readonly retryAfter?: string | undefined;
}

/** True for the success codes of version 1 (100) and version 2 (200). */
export function isOcsSuccess(answer: OcsAnswer): boolean {
  return answer.statusCode === 100 || answer.statusCode === 200;
}

/**
 * Reads the envelope. Decides by `meta.statuscode`, because version 1 answers HTTP 200 to most failures, and looks at
 * the media type first, because a refused credential is answered in XML whatever was asked for.
 * @throws {DomainError} `account-link-invalid`, `upstream-throttled`, `upstream-unavailable`, `upstream-misconfigured`,
 *   `upstream-protocol-error`
 */
export function readOcsAnswer(raw: OcsRawAnswer, upstream: string): OcsAnswer {
  if (raw.status === 401)
    throw new DomainError('account-link-invalid', { logContext: { upstream, upstreamStatus: 401 } });
  const envelope = /\bjson\b/i.test(raw.contentType) ? parseEnvelope(raw.bodyText) : null;
  if (!envelope) throw withoutEnvelope(raw, upstream);
  if (envelope.statusCode === 997)
    throw new DomainError('account-link-invalid', { logContext: { upstream, upstreamStatus: 997 } });
  if (envelope.statusCode === 429) {
    throw new DomainError('upstream-throttled', { retryAfterSeconds: THROTTLE_SECONDS, logContext: { upstream } });
  }
  if (raw.status >= 500 || envelope.statusCode === 503) throw unavailable(raw, upstream);
  return envelope;
}

/** Reads a string field of an object; null when it is missing, empty or something else. */
export function findText(data: unknown, field: string): string | null {
  const value = findField(data, field);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Reads a field of an object; undefined when there is none. */
export function findField(data: unknown, field: string): unknown {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, field)) return undefined;
  return (data as Record<string, unknown>)[field];
}

/** Parses JSON; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutEnvelope(raw: OcsRawAnswer, upstream: string): DomainError {
  // An HTML page instead of the API: a proxy's login page, or a host name that the server does not trust.
  if (/\bhtml\b/i.test(raw.contentType) && raw.status < 500)
    return failure('upstream-misconfigured', upstream, 'web-page');
  if (raw.status === 404 || raw.status === 400) return failure('upstream-misconfigured', upstream, 'not-ocs');
  if (raw.status >= 500) return unavailable(raw, upstream);
  return failure('upstream-protocol-error', upstream, 'not-ocs');
}

function unavailable({ retryAfter, status }: OcsRawAnswer, upstream: string): DomainError {
  const rest = retryAfterBackoff({
    status,
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    channel: '',
  });
  return new DomainError('upstream-unavailable', {
    ...(rest !== null && { retryAfterSeconds: rest.seconds }),
    logContext: { upstream, reason: 'ocs-failure', upstreamStatus: status },
  });
}

function parseEnvelope(text: string): OcsAnswer | null {
  const ocs = findField(parseJson(text), 'ocs');
  const statusCode = findField(findField(ocs, 'meta'), 'statuscode');
  return typeof statusCode === 'number' ? { statusCode, data: findField(ocs, 'data') } : null;
}
