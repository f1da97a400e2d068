import type { Check } from './check.types.ts';
import { API_CHECKS, RATE_LIMIT_CHECK } from './checks/api.checks.ts';
import { CONTACT_CHECKS } from './checks/contact.checks.ts';
import { DAV_CHECKS } from './checks/dav.checks.ts';
import { serviceAccountCheck } from './checks/service-account.check.ts';
import { SIGN_ON_CHECKS } from './checks/sign-on.checks.ts';
import { STATUS_CHECKS } from './checks/status.checks.ts';
import type { RefusedPasswords } from './refused-passwords.ts';
import type { ServerSnapshot } from './server-snapshot.ts';

/** Every check of the server, in the order in which they are shown. */
export function serverChecks(refused: RefusedPasswords): readonly Check<ServerSnapshot>[] {
  return [
    ...CONTACT_CHECKS,
    ...STATUS_CHECKS,
    ...DAV_CHECKS,
    ...API_CHECKS,
    serviceAccountCheck(refused),
    ...SIGN_ON_CHECKS,
    RATE_LIMIT_CHECK,
  ];
}
