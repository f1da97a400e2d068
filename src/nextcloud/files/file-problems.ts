import { UPSTREAM_PROBLEMS } from '../../problem/upstream-problems.ts';

/** What every operation on files can answer with. */
export const OF_THE_ACCOUNT = [
  'nextcloud-not-configured',
  'account-not-linked',
  'account-link-invalid',
  'account-suspended',
  'file-not-found',
  'forbidden',
  'resource-locked',
  ...UPSTREAM_PROBLEMS,
  'internal-error',
] as const;
