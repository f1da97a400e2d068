import type { Account } from './accounts.ts';
import type { Exchange } from './exchange.ts';
import type { OcsResult } from './ocs-envelope.ts';
import type { ServerState } from './server-state.ts';

/** GET /cloud/groups: the ids that match `search`. */
export function listGroups(exchange: Exchange, state: ServerState): OcsResult {
  const search = (exchange.query.get('search') ?? '').toLowerCase();
  const ids = state.accounts
    .groupIds()
    .filter((it) => it.toLowerCase().includes(search))
    .sort();
  const offset = Number(exchange.query.get('offset') ?? 0);
  const limit = Number(exchange.query.get('limit') ?? ids.length);
  return { code: 200, data: { groups: ids.slice(offset, offset + limit) } };
}

/** POST /cloud/groups, for full administrators. */
export async function createGroup(exchange: Exchange, caller: Account, state: ServerState): Promise<OcsResult> {
  if (!caller.isAdmin) return { code: 403, message: 'Logged in user must be an admin' };
  const id = (await exchange.readFields()).get('groupid') ?? '';
  if (id === '') return { code: 101, message: 'Invalid group name' };
  if (state.accounts.groupIds().includes(id)) return { code: 102, message: 'group exists' };
  state.accounts.addGroup(id);
  return { code: 200 };
}

/** What a request about the groups of a user says. */
interface Membership {
  readonly exchange: Exchange;
  readonly caller: Account;
  readonly uid: string;
}

/** POST and DELETE /cloud/users/{id}/groups; both may be repeated. */
export async function changeMembership(
  { exchange, caller, uid }: Membership,
  isMember: boolean,
  state: ServerState,
): Promise<OcsResult> {
  const group = exchange.query.get('groupid') ?? (await exchange.readFields()).get('groupid') ?? '';
  if (group === '') return { code: 101 };
  if (!state.accounts.groupIds().includes(group)) return { code: 102 };
  const account = state.accounts.find(uid);
  if (account === null) return { code: 103 };
  if (!caller.isAdmin && !caller.subadminOf.has(group)) return { code: 104 };
  if (isMember) {
    account.groups.add(group);
    return { code: 200 };
  }
  const managed = [...account.groups].filter((it) => caller.subadminOf.has(it));
  if (!caller.isAdmin && managed.length <= 1) {
    return { code: 105, message: 'Not viable to remove user from the last group you are SubAdmin of' };
  }
  account.groups.delete(group);
  return { code: 200 };
}

/** POST /cloud/users/{id}/subadmins, for full administrators. */
export async function appointSubAdmin(
  exchange: Exchange,
  { caller, uid }: { caller: Account; uid: string },
  state: ServerState,
): Promise<OcsResult> {
  if (!caller.isAdmin) return { code: 403, message: 'Logged in user must be an admin' };
  const group = (await exchange.readFields()).get('groupid') ?? '';
  const account = state.accounts.find(uid);
  if (account === null) return { code: 101, message: 'User does not exist' };
  if (!state.accounts.groupIds().includes(group)) return { code: 102, message: 'Group does not exist' };
  account.subadminOf.add(group);
  return { code: 200 };
}
