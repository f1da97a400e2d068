import { findField, findText } from '../../server/ocs-envelope.ts';

/** A user as an administrator sees it. */
export interface NextcloudUser {
  readonly uid: string;
  readonly displayName: string;
  readonly email: string | null;
  /** Null when the server does not tell. */
  readonly isEnabled: boolean | null;
  readonly groups: readonly string[];
  readonly quota: NextcloudQuota;
  /** Null before the first login. */
  readonly lastLogin: Date | null;
  /** Where the user is kept, for example `Database` or `LDAP`. */
  readonly backend: string | null;
}

/** In bytes. */
export interface NextcloudQuota {
  /** Null for unlimited. */
  readonly limitBytes: number | null;
  readonly usedBytes: number;
}

/** Reads a user out of `data`; null when it is none. A user whom the caller may not see in full has an id only. */
export function findOcsUser(data: unknown): NextcloudUser | null {
  const uid = findText(data, 'id');
  if (uid === null) return null;
  const enabled = findField(data, 'enabled');
  const lastLogin = findField(data, 'lastLogin');
  return {
    uid,
    displayName: findText(data, 'displayname') ?? findText(data, 'display-name') ?? uid,
    email: findText(data, 'email'),
    isEnabled: typeof enabled === 'boolean' ? enabled : null,
    groups: textsOf(findField(data, 'groups')),
    quota: quotaOf(findField(data, 'quota')),
    lastLogin: typeof lastLogin === 'number' && lastLogin > 0 ? new Date(lastLogin) : null,
    backend: findText(data, 'backend'),
  };
}

/** The texts of a list; whatever else is in it is left out. */
export function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

/** `none` before the first login, -3 for unlimited afterwards, else bytes. */
function quotaOf(quota: unknown): NextcloudQuota {
  const limit = findField(quota, 'quota');
  const used = findField(quota, 'used');
  return {
    limitBytes: typeof limit === 'number' && limit >= 0 ? limit : null,
    usedBytes: typeof used === 'number' ? used : 0,
  };
}
