import type { NextcloudPageQuery } from './nextcloud-users.dto.ts';
import type { OcsPage } from './protocol/ocs.types.ts';

const DEFAULT_PAGE_SIZE = 50;

/** What every operation with the service account can answer. */
export const PROVISIONING_PROBLEMS = [
  'unauthenticated',
  'forbidden',
  'validation-failed',
  'rate-limited',
  'service-unavailable',
  'provisioning-not-configured',
  'service-account-refused',
  'nextcloud-provisioning-refused',
  'upstream-unavailable',
  'upstream-timeout',
  'upstream-protocol-error',
  'upstream-misconfigured',
  'upstream-tls-failure',
  'upstream-busy',
  'upstream-throttled',
] as const;

/** The part of a listing that a query asks for. */
export function pageOf({ search, limit, cursor }: NextcloudPageQuery): OcsPage {
  return {
    ...(search !== undefined && { search }),
    limit: limit ?? DEFAULT_PAGE_SIZE,
    offset: Number(cursor ?? 0),
  };
}
