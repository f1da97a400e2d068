import { isDomainError } from '../../../problem/domain-error.ts';
import type { DoctorSettings } from '../doctor-settings.ts';
import { findField, findText, parseJson } from '../../server/ocs-envelope.ts';
import { canBeBearer, type CredentialScheme } from '../../dav/nextcloud-credential.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';
import type { ProbeAnswer } from '../protocol/doctor-probe.ts';
import type { ServerSnapshot } from '../server-snapshot.ts';
import type { RefusedPasswords } from '../refused-passwords.ts';

type ServiceAccount = NonNullable<DoctorSettings['serviceAccount']>;

/** Two questions at their slowest. */
const PATIENCE_MS = 22_000;
const HOW =
  'Make an app password for the account in Nextcloud (Personal settings, Security, Devices & sessions) and set NEXTCLOUD_ADMIN_PASSWORD to it; NEXTCLOUD_ADMIN_USER is the login name shown beside it.';

/**
 * The account that manages users. An app password is recognised as Bearer, which Nextcloud never counts as a login
 * attempt; only what fails that way is tried as a password, once, and never again after it was refused.
 */
export function serviceAccountCheck(refused: RefusedPasswords): Check<ServerSnapshot> {
  return {
    id: 'service-account',
    title: 'The service account may manage users',
    needs: ['throttle'],
    patienceMs: PATIENCE_MS,
    run: async (snapshot) => {
      const { serviceAccount } = snapshot.settings;
      if (serviceAccount === undefined)
        return skipped('No service account is configured; it is needed to make users in Nextcloud only.');
      if (!snapshot.depth.isForAdministrator) return skipped('Looked at for administrators only.');
      const self = canBeBearer(serviceAccount.secret)
        ? await ask(snapshot, '/cloud/user', { ...serviceAccount, scheme: 'bearer' })
        : null;
      if (self?.status === 200) return evaluateRights(snapshot, serviceAccount, { self, scheme: 'bearer' });
      return tryPassword(snapshot, serviceAccount, refused);
    },
  };
}

async function tryPassword(
  snapshot: ServerSnapshot,
  account: ServiceAccount,
  refused: RefusedPasswords,
): Promise<Finding> {
  if (refused.has(account.secret)) return wrongPassword();
  const delayMs = findField(findField(findField(await snapshot.capabilities(), 'capabilities'), 'bruteforce'), 'delay');
  if (delayMs !== 0)
    return skipped('No password is tried while Nextcloud slows this server down; end that first, see "throttle".');
  let self: ProbeAnswer;
  try {
    self = await ask(snapshot, '/cloud/user', { ...account, scheme: 'basic' });
  } catch (error) {
    if (isDomainError(error, 'upstream-timeout')) return undecided();
    throw error;
  }
  if (self.status === 401) {
    refused.add(account.secret);
    return wrongPassword();
  }
  if (self.status === 429) return skipped('Nextcloud refuses passwords from this server for now, see "throttle".');
  return evaluateRights(snapshot, account, { self, scheme: 'basic' });
}

async function evaluateRights(
  snapshot: ServerSnapshot,
  account: ServiceAccount,
  { self, scheme }: { self: ProbeAnswer; scheme: CredentialScheme },
): Promise<Finding> {
  const user = findField(findField(parseJson(self.bodyText), 'ocs'), 'data');
  const uid = findText(user, 'id');
  const groups = findField(user, 'groups');
  const isAdmin = Array.isArray(groups) && groups.includes('admin');
  const facts = { user: uid, login_name: account.loginName, is_admin: isAdmin, credential: scheme };
  const users = await ask(snapshot, '/cloud/users?limit=1', { ...account, scheme });
  if (users.status !== 200) {
    return fault({
      cause: 'The service account works, but may not manage users.',
      fix: 'Put it into the group admin, or better make it administrator of the groups whose users it manages (occ group:adduser admin USER; Users, Group admin for).',
      facts: { ...facts, status: users.status },
    });
  }
  if (scheme === 'basic') {
    return warning({
      cause:
        'The service account logs in with what looks like its real password: slow, and refused as soon as a second factor is required.',
      fix: HOW,
      facts,
    });
  }
  if (uid !== account.loginName) {
    return warning({
      cause:
        'The login name of the service account differs from its user id; an app password is bound to the exact login name, and writing needs it.',
      fix: `If making users fails, set NEXTCLOUD_ADMIN_USER to the login name shown beside the app password, most likely ${uid ?? 'the user id'}.`,
      facts,
    });
  }
  return ok(facts);
}

function wrongPassword(): Finding {
  return fault({ cause: 'Nextcloud refuses the service account.', fix: `${HOW} It is not tried again until then.` });
}

function undecided(): Finding {
  return warning({
    cause:
      'Nextcloud did not say within 10 s whether it accepts the service account. Wrong passwords are answered slowly, and so are right ones where users come from a directory (LDAP).',
    fix: `Log in to Nextcloud with NEXTCLOUD_ADMIN_USER and its password. Where that fails: ${HOW} Where it works, look at the time that it takes.`,
  });
}

function ask(
  { probe }: ServerSnapshot,
  route: string,
  login: ServiceAccount & { readonly scheme: CredentialScheme },
): Promise<ProbeAnswer> {
  const path = `/ocs/v2.php${route}${route.includes('?') ? '&' : '?'}format=json`;
  return probe.ask({
    path,
    login,
    isPatient: true,
    headers: { 'ocs-apirequest': 'true', accept: 'application/json' },
  });
}
