import { UPSTREAM_PROBLEMS } from '../../problem/upstream-problems.ts';
import type { NextcloudPageQuery } from './nextcloud-users.dto.ts';
import type { OcsPage } from './protocol/provisioning.client.ts';

const DEFAULT_PAGE_SIZE = 50;

/** What every operation with the service account can answer. */
export const PROVISIONING_PROBLEMS = [
  'provisioning-not-configured',
  'service-account-refused',
  'nextcloud-provisioning-refused',
  ...UPSTREAM_PROBLEMS,
] as const;

/** The part of a listing that a query asks for. */
export function pageOf({ search, limit, cursor }: NextcloudPageQuery): OcsPage {
  return {
    ...(search !== undefined && { search }),
    limit: limit ?? DEFAULT_PAGE_SIZE,
    offset: Number(cursor ?? 0),
  };
}
