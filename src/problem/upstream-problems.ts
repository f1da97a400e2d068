/** What every operation that asks an upstream server can answer with. */
export const UPSTREAM_PROBLEMS = [
  'upstream-unavailable',
  'upstream-maintenance',
  'upstream-timeout',
  'upstream-protocol-error',
  'upstream-misconfigured',
  'upstream-tls-failure',
  'upstream-busy',
  'upstream-throttled',
] as const;
