import { randomBytes } from 'node:crypto';

const APP_PASSWORD_ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const APP_PASSWORD_LENGTH = 72;

/** A user of the server. `loginName` differs from `uid` for directory users, whose login is not their id. */
export interface Account {
  readonly uid: string;
  readonly loginName: string;
  password: string;
  displayName: string;
  email: string | null;
  isEnabled: boolean;
  readonly isAdmin: boolean;
  /** Groups besides `admin`, which `isAdmin` tells. */
  readonly groups: Set<string>;
  /** Groups whose users the account may manage. */
  readonly subadminOf: Set<string>;
  /** Bytes the user may store; null is unlimited. */
  quotaBytes: number | null;
  lastLoginMs: number;
}

/** What {@link Accounts.add} takes; `loginName` defaults to the uid. */
export interface NewAccount {
  readonly uid: string;
  readonly password: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly loginName?: string;
  readonly isAdmin?: boolean;
  readonly groups?: readonly string[];
  readonly quotaBytes?: number;
}

/** A per-device password. It is bound to the exact login name stored with it, which only Basic has to repeat. */
export interface AppPassword {
  readonly secret: string;
  readonly uid: string;
  readonly loginName: string;
  /** The client's User-Agent, shown to the user in the security settings. */
  readonly name: string;
}

/** Users and their app passwords. */
export class Accounts {
  readonly #byUid = new Map<string, Account>();
  readonly #groups = new Set(['admin']);
  readonly #appPasswords = new Map<string, AppPassword>();

  add(account: NewAccount): Account {
    const stored: Account = {
      uid: account.uid,
      loginName: account.loginName ?? account.uid,
      password: account.password,
      displayName: account.displayName ?? account.uid,
      email: account.email ?? null,
      isEnabled: true,
      isAdmin: account.isAdmin ?? false,
      groups: new Set(account.groups),
      subadminOf: new Set(),
      quotaBytes: account.quotaBytes ?? null,
      lastLoginMs: 0,
    };
    this.#byUid.set(account.uid.toLowerCase(), stored);
    return stored;
  }

  /** User ids are looked up without regard to case. */
  find(uid: string): Account | null {
    return this.#byUid.get(uid.toLowerCase()) ?? null;
  }

  get(uid: string): Account {
    const account = this.find(uid);
    if (account === null) throw new Error(`The double has no user ${uid}`);
    return account;
  }

  all(): Account[] {
    return [...this.#byUid.values()];
  }

  groupIds(): string[] {
    return [...this.#groups];
  }

  addGroup(id: string): void {
    this.#groups.add(id);
  }

  /** A sub-administrator manages who is in one of his groups. */
  manages(caller: Account, account: Account): boolean {
    return caller.isAdmin || [...account.groups].some((group) => caller.subadminOf.has(group));
  }

  remove(uid: string): boolean {
    for (const appPassword of this.#appPasswords.values()) {
      if (appPassword.uid.toLowerCase() === uid.toLowerCase()) this.#appPasswords.delete(appPassword.secret);
    }
    return this.#byUid.delete(uid.toLowerCase());
  }

  /** Real passwords are accepted with the uid, the login name or the one e-mail address nobody else has. */
  findByPassword(login: string, password: string): Account | null {
    const byName = this.find(login) ?? this.all().find((it) => it.loginName === login);
    const byEmail = this.all().filter((it) => it.email?.toLowerCase() === login.toLowerCase());
    const account = byName ?? (byEmail.length === 1 ? byEmail[0] : undefined);
    return account?.password === password ? account : null;
  }

  createAppPassword(uid: string, name: string): AppPassword {
    const account = this.get(uid);
    const secret = randomToken(APP_PASSWORD_LENGTH);
    const appPassword = { secret, uid: account.uid, loginName: account.loginName, name };
    this.#appPasswords.set(secret, appPassword);
    return appPassword;
  }

  findAppPassword(secret: string): AppPassword | null {
    return this.#appPasswords.get(secret) ?? null;
  }

  revokeAppPassword(secret: string): boolean {
    return this.#appPasswords.delete(secret);
  }
}

/** @returns letters and digits, as Nextcloud makes its tokens. */
export function randomToken(length: number): string {
  return Array.from(randomBytes(length), (byte) => APP_PASSWORD_ALPHABET[byte % APP_PASSWORD_ALPHABET.length]).join('');
}
