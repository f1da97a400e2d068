import { DomainError } from '../problem/domain-error.ts';
import type { UpstreamPolicy } from './upstream.policy.ts';

/**
 * Checks that a URL stays on the pinned origin, before anything is resolved or sent.
 * @throws {DomainError} `upstream-misconfigured` for another origin, another scheme or user information in the URL
 */
export function pinnedTarget(policy: UpstreamPolicy, text: string): URL {
  const url = URL.parse(text);
  if (!url) throw refusal(policy, 'url-unparsable');
  if (url.username !== '' || url.password !== '') throw refusal(policy, 'userinfo-in-url');
  if (url.origin !== policy.origin) throw refusal(policy, 'foreign-origin');
  return url;
}

function refusal(policy: UpstreamPolicy, reason: string): DomainError {
  return new DomainError('upstream-misconfigured', { logContext: { upstream: policy.name, reason } });
}
