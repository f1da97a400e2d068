import { randomToken } from './accounts.ts';
import type { Account } from './accounts.ts';
import type { Exchange } from './exchange.ts';
import type { OcsResult } from './ocs-envelope.ts';
import type { ServerState } from './server-state.ts';

const MIN_PASSWORD_LENGTH = 10;
const FREE_DISK_BYTES = 80_000_000_000;
const UNLIMITED_QUOTA = -3;
const GENERATED_PASSWORD_LENGTH = 32;
const COMMON_PASSWORDS = new Set(['password1234', '1234567890', 'qwertyuiop', 'passwordpassword']);
const ALLOWED_CHARACTERS =
  'Only the following characters are allowed in a username: "a-z", "A-Z", "0-9", spaces and "_.@-\'"';
const POLICY =
  'Password is among the 1,000,000 most common ones. Please make it unique. Password needs to be at least 10 characters long.';

const EMPTY_PROFILE = Object.fromEntries(
  ['phone', 'address', 'website', 'twitter', 'fediverse', 'organisation', 'role', 'headline', 'biography'].map((it) => [
    it,
    '',
  ]),
);
/** Only shown to the user himself. */
const SCOPES = Object.fromEntries(
  ['avatar', 'email', 'displayname', ...Object.keys(EMPTY_PROFILE)].map((it) => [`${it}Scope`, 'v2-local']),
);

/** GET /cloud/users: the ids that match `search` in id, display name or e-mail. */
export function listUsers(exchange: Exchange, caller: Account, state: ServerState): OcsResult {
  const users = matching(exchange, caller, state).map((it) => it.uid);
  return { code: 200, data: { users } };
}

/** GET /cloud/users/details: the same users in full, by id; an empty list where there are none. */
export function listDetails(exchange: Exchange, caller: Account, state: ServerState): OcsResult {
  const found = matching(exchange, caller, state);
  const users = Object.fromEntries(found.map((it) => [it.uid, profileOf(it, caller, state)]));
  return { code: 200, data: { users: found.length === 0 ? [] : users } };
}

function matching(exchange: Exchange, caller: Account, state: ServerState): Account[] {
  const search = (exchange.query.get('search') ?? '').toLowerCase();
  const found = state.accounts
    .all()
    .filter((it) => state.accounts.manages(caller, it))
    .filter((it) => [it.uid, it.displayName, it.email ?? ''].some((field) => field.toLowerCase().includes(search)))
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));
  const offset = Number(exchange.query.get('offset') ?? 0);
  const limit = Number(exchange.query.get('limit') ?? found.length);
  return found.slice(offset, offset + limit);
}

/** POST /cloud/users. The e-mail is stored unchecked, as the original does. */
export async function createUser(exchange: Exchange, caller: Account, state: ServerState): Promise<OcsResult> {
  const fields = await exchange.readFields();
  const uid = fields.get('userid');
  if (uid === undefined) return { code: 996, message: 'Internal Server Error\n' };
  const password = fields.get('password') ?? '';
  const email = fields.get('email') ?? '';
  const groups = (fields.get('groups') ?? '').split('\n').filter((it) => it !== '');
  const quota = fields.get('quota') ?? '';
  if (state.accounts.find(uid) !== null) return { code: 102, message: 'User already exists' };
  const missing = groups.find((it) => !state.accounts.groupIds().includes(it));
  if (missing !== undefined) return { code: 104, message: `group ${missing} does not exist` };
  const refused = refusalOfSubAdmin(caller, groups);
  if (refused !== null) return refused;
  if (password === '' && email === '') {
    return { code: 108, message: 'To send a password link to the user an email address is required.' };
  }
  if (uid.trim() === '') return { code: 101, message: 'A valid username must be provided' };
  if (!/^[a-zA-Z0-9 _.@\-']+$/.test(uid)) return { code: 101, message: ALLOWED_CHARACTERS };
  if (password !== '' && !isAllowedPassword(password)) return { code: 107, message: POLICY };
  const displayName = fields.get('displayName');
  state.accounts.add({
    uid,
    // Without one the server makes one that nobody knows and mails a link.
    password: password === '' ? randomToken(GENERATED_PASSWORD_LENGTH) : password,
    groups: groups.filter((it) => it !== 'admin'),
    ...(displayName === undefined || displayName === '' ? {} : { displayName }),
    ...(email === '' ? {} : { email }),
    isAdmin: groups.includes('admin'),
  });
  if (quota !== '') setQuota(state.accounts.get(uid), quota);
  state.tree.addHome(uid);
  return { code: 200, data: { id: uid } };
}

/** GET /cloud/users/{id} for an administrator or the user himself; others get 998 for existing and missing users alike. */
export function readUser(caller: Account, uid: string, state: ServerState): OcsResult {
  const account = state.accounts.find(uid);
  const isSelf = account?.uid === caller.uid;
  if (!isSelf && (account === null ? !caller.isAdmin : !state.accounts.manages(caller, account)))
    return { code: account === null ? 404 : 998, message: account === null ? 'User does not exist' : '' };
  if (account === null) return { code: 404, message: 'User does not exist' };
  return { code: 200, data: profileOf(account, caller, state) };
}

/** PUT /cloud/users/{id}: one `key` and its `value`. Users may edit themselves, except for the quota. */
export async function editUser(
  exchange: Exchange,
  target: { caller: Account; uid: string },
  state: ServerState,
): Promise<OcsResult> {
  const fields = await exchange.readFields();
  const value = fields.get('value') ?? '';
  const account = state.accounts.find(target.uid);
  const isSelf = account?.uid === target.caller.uid;
  if (account === null || (!isSelf && !state.accounts.manages(target.caller, account))) return { code: 998 };
  const isManager = !isSelf || target.caller.isAdmin;
  switch (fields.get('key')) {
    case 'email':
      if (value !== '' && !/^[^@\s]+@[^@\s]+$/.test(value)) return { code: 102 };
      account.email = value === '' ? null : value;
      return { code: 200 };
    case 'displayname':
    case 'display':
      account.displayName = value;
      return { code: 200 };
    case 'password':
      if (!isAllowedPassword(value)) return { code: 103, message: POLICY };
      account.password = value;
      return { code: 200 };
    case 'quota':
      return isManager ? setQuota(account, value) : { code: 103 };
    case undefined:
    default:
      return { code: 103 };
  }
}

/** A sub-administrator creates users in own groups only, and in one at least. */
function refusalOfSubAdmin(caller: Account, groups: readonly string[]): OcsResult | null {
  if (caller.isAdmin) return null;
  if (groups.length === 0) return { code: 106, message: 'no group specified (required for subadmins)' };
  const isOwn = groups.every((it) => caller.subadminOf.has(it));
  return isOwn ? null : { code: 105, message: 'insufficient privileges for group admin' };
}

function setQuota(account: Account, value: string): OcsResult {
  if (value !== 'none' && !/^\d+$/.test(value)) return { code: 102, message: `Invalid quota value ${value}` };
  account.quotaBytes = value === 'none' ? null : roundedQuota(Number(value));
  return { code: 200 };
}

/** The server keeps a quota as text with one decimal: 123456789 becomes 117.7 MB, which is 123417395 bytes. */
function roundedQuota(bytes: number): number {
  const exponent = bytes < 1 ? 0 : Math.min(5, Math.floor(Math.log2(bytes) / 10));
  const unit = 1024 ** exponent;
  return Math.floor((Math.round((bytes / unit) * 10) / 10) * unit);
}

/** DELETE /cloud/users/{id}, and PUT on its enable and disable. */
export function changeUser(
  caller: Account,
  change: { uid: string; action: 'delete' | 'enable' | 'disable' },
  state: ServerState,
): OcsResult {
  const account = state.accounts.find(change.uid);
  const isHidden = account !== null && account.uid !== caller.uid && !state.accounts.manages(caller, account);
  if (isHidden) return { code: 998 };
  if (change.action === 'delete') {
    if (account === null) return { code: 998 };
    if (account.uid === caller.uid) return { code: 101 };
    state.accounts.remove(account.uid);
    state.tree.removeHome(account.uid);
    return { code: 200 };
  }
  if (account === null || account.uid === caller.uid) return { code: 101 };
  account.isEnabled = change.action === 'enable';
  return { code: 200 };
}

/** @returns the user as OCS shows it; only administrators see `enabled`. */
export function profileOf(account: Account, caller: Account, state: ServerState): object {
  const used = state.tree.home(account.uid).size;
  const quota = account.quotaBytes;
  const total = quota ?? used + FREE_DISK_BYTES;
  const relative = quota === null ? 0 : Math.round((used / total) * 10_000) / 100;
  return {
    ...(state.accounts.manages(caller, account) ? { enabled: account.isEnabled } : {}),
    ...(caller.isAdmin ? { storageLocation: `/var/www/html/data/${account.uid}` } : {}),
    id: account.uid,
    lastLogin: account.lastLoginMs,
    backend: account.loginName === account.uid ? 'Database' : 'LDAP',
    subadmin: [...account.subadminOf],
    quota:
      account.lastLoginMs === 0
        ? { quota: quota ?? 'none', used: 0 }
        : { free: total - used, used, total, relative, quota: quota ?? UNLIMITED_QUOTA },
    email: account.email,
    additional_mail: [],
    displayname: account.displayName,
    'display-name': account.displayName,
    ...EMPTY_PROFILE,
    ...(account.uid === caller.uid ? SCOPES : {}),
    groups: [...(account.isAdmin ? ['admin'] : []), ...account.groups],
    language: 'en',
    locale: '',
    backendCapabilities: { setDisplayName: true, setPassword: true },
  };
}

function isAllowedPassword(password: string): boolean {
  return password.length >= MIN_PASSWORD_LENGTH && !COMMON_PASSWORDS.has(password);
}
