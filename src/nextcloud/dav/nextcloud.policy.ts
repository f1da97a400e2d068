import { defineUpstreamPolicy, type UpstreamPolicy } from '../../outbound/upstream.policy.ts';
import { retryAfterBackoff, type Backoff, type BackoffRequest } from '../../outbound/retry-after.ts';
import { evaluateNextcloudFailure } from './dav-failure.ts';

/** After too many wrong passwords Nextcloud refuses every Basic login of an address for half an hour, without Retry-After. */
const THROTTLE_SECONDS = 1_800;

/** With the time to connect 15 s: then a client is told that Nextcloud does not answer. */
const HEADERS_TIMEOUT_MS = 10_000;

/**
 * Limits towards the Nextcloud of the operator: at most 4 requests at a time, because its cost is per request and more
 * of them gain nothing.
 * @param baseUrl address of the Nextcloud, with a path when it is not at the root
 */
export function nextcloudPolicy(baseUrl: string, overrides: Partial<UpstreamPolicy> = {}): UpstreamPolicy {
  return defineUpstreamPolicy({
    name: 'nextcloud',
    origin: new URL(baseUrl).origin,
    trust: 'operator',
    concurrency: 4,
    headersTimeoutMs: HEADERS_TIMEOUT_MS,
    evaluateFailure: evaluateNextcloudFailure,
    backoffOf: nextcloudBackoff,
    sharedChannels: { basic: 'upstream-throttled' },
    ...overrides,
  });
}

/**
 * Every Basic request while the throttle is closed costs, and none succeeds; Bearer goes on. All processes share the address,
 * so all of them leave Basic alone.
 */
function nextcloudBackoff(request: BackoffRequest): Backoff | null {
  const asked = retryAfterBackoff(request);
  if (request.status !== 429 || request.channel !== 'basic') return asked;
  return { channel: 'basic', seconds: asked?.seconds ?? THROTTLE_SECONDS, code: 'upstream-throttled', isShared: true };
}
