import { defineUpstreamPolicy, type UpstreamPolicy } from '../../outbound/upstream.policy.ts';
import { judgeNextcloudFailure } from './dav-failure.ts';

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
    judgeFailure: judgeNextcloudFailure,
    ...overrides,
  });
}
