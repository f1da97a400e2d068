import { UPSTREAM_PROBLEMS } from '../../problem/upstream-problems.ts';

/** What every operation that reads a user's source of documents can answer with. */
export const SOURCE_PROBLEMS = [
  'nextcloud-not-configured',
  'account-not-linked',
  'account-link-invalid',
  'account-suspended',
  ...UPSTREAM_PROBLEMS,
] as const;
