import { ok, warning, type Finding } from '../check.types.ts';
import type { SignOnFailures } from '../server-snapshot.ts';

interface Advice {
  readonly cause: string;
  readonly fix: string;
}

/** By the reasons that the audit trail keeps; the others are doings of a user, not of the configuration. */
const ADVICE: Readonly<Record<string, Advice>> = {
  'token-endpoint': {
    cause: 'Nextcloud refused the code of a login, or the client ("Client authentication failed").',
    fix: 'Verify NEXTCLOUD_CLIENT_ID and NEXTCLOUD_CLIENT_SECRET; look for typos and extra spaces.',
  },
  'id-token': {
    cause: 'A token was refused ("Token validation failed").',
    fix: 'NEXTCLOUD_OIDC_ISSUER must be exactly the issuer that Nextcloud names, and the clocks must agree. A client whose tokens are signed with HS256 needs RS256 in Nextcloud (or NEXTCLOUD_OIDC_ALLOW_HS256=true).',
  },
  'issuer-parameter': {
    cause: 'A login came back from another issuer than the one it was begun with.',
    fix: 'Check NEXTCLOUD_OIDC_ISSUER against the issuer that Nextcloud names.',
  },
  discovery: {
    cause: 'The description of the provider could not be used ("Token validation failed").',
    fix: 'Check that the app "OIDC Identity Provider" is on and that NEXTCLOUD_OIDC_ISSUER is its issuer.',
  },
  keys: {
    cause: 'The keys of the provider could not be used.',
    fix: 'Check that the app "OIDC Identity Provider" is on and has a key (its settings can make a new one).',
  },
  userinfo: {
    cause: 'Nextcloud did not tell who had logged in.',
    fix: 'Check that the proxy passes the Authorization header, and that the user is not disabled in Nextcloud.',
  },
  'provider-refused': {
    cause: 'Nextcloud sent a user back without a login.',
    fix: 'Check the allowed groups and the flow (code) of the client in Nextcloud.',
  },
  'provider-unreachable': {
    cause: 'Nextcloud could not be reached during a login.',
    fix: 'Check the connection from this server to the issuer.',
  },
  'provider-timeout': {
    cause: 'Nextcloud was too slow during a login.',
    fix: 'Look at the load of Nextcloud, and at its brute-force delay for the address of this server.',
  },
  'provider-answer': {
    cause: 'Nextcloud gave an answer that cannot be read during a login.',
    fix: 'Look for a proxy that answers in its place.',
  },
};

/** The most frequent of the failures that the configuration can be the cause of. */
export function recentFinding(failures: readonly SignOnFailures[]): Finding {
  const [worst] = failures.filter(({ reason }) => reason in ADVICE).sort((a, b) => b.count - a.count);
  const advice = worst === undefined ? undefined : ADVICE[worst.reason];
  if (worst === undefined || advice === undefined) return ok();
  return warning({
    cause: `Within the last day: ${advice.cause}`,
    fix: advice.fix,
    facts: { reason: worst.reason, count: worst.count },
  });
}
