import type { Account, Accounts, AppPassword } from './accounts.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import type { OAuth2App } from './oauth2-app.ts';
import type { BruteForceThrottle } from './throttle.ts';

/** Who sent a request, or why nobody is believed to have. */
export type Authentication =
  | {
      readonly kind: 'user';
      readonly account: Account;
      readonly appPassword: AppPassword | null;
      readonly isBearer: boolean;
    }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused-basic' }
  | { readonly kind: 'refused-bearer' }
  | { readonly kind: 'disabled'; readonly isBearer: boolean }
  | { readonly kind: 'blocked' };

/** Checks the Authorization header the way the server does: Basic waits in the brute-force throttle, Bearer does not. */
export class Authenticator {
  readonly #accounts: Accounts;
  readonly #throttle: BruteForceThrottle;
  readonly #faults: Faults;
  readonly #oauth2: OAuth2App;

  constructor(parts: { accounts: Accounts; throttle: BruteForceThrottle; faults: Faults; oauth2: OAuth2App }) {
    this.#accounts = parts.accounts;
    this.#throttle = parts.throttle;
    this.#faults = parts.faults;
    this.#oauth2 = parts.oauth2;
  }

  authenticate(exchange: Exchange): Authentication {
    const authorization = this.#faults.stripsAuthorization ? null : exchange.header('authorization');
    if (authorization === null) return { kind: 'anonymous' };
    const [scheme, value = ''] = authorization.split(/\s+/, 2);
    if (/^basic$/i.test(scheme ?? '')) return this.#basic(exchange, value);
    if (/^bearer$/i.test(scheme ?? '')) return this.#bearer(exchange, value);
    return { kind: 'anonymous' };
  }

  #bearer(exchange: Exchange, secret: string): Authentication {
    if (this.#faults.isBearerUnsupported) return { kind: 'refused-bearer' };
    const appPassword = this.#accounts.findAppPassword(secret);
    const account = this.#accounts.find(appPassword?.uid ?? this.#oauth2.userOf(secret) ?? '');
    if (account === null) return { kind: 'refused-bearer' };
    return this.#accept(exchange, { account, appPassword, isBearer: true });
  }

  #basic(exchange: Exchange, encoded: string): Authentication {
    const address = exchange.clientAddress;
    exchange.record.throttleDelayMs = this.#throttle.delayMs(address);
    if (this.#throttle.isBlocked(address)) return { kind: 'blocked' };
    const [login, password] = splitOnce(Buffer.from(encoded, 'base64').toString('utf8'));
    const found = this.#findByBasic(login, password);
    if (found === null) {
      this.#throttle.register(address, login);
      return { kind: 'refused-basic' };
    }
    return this.#accept(exchange, { ...found, isBearer: false });
  }

  /** Any good login, over Bearer too, clears the attempts that were made under the user's id from the same address. */
  #accept(
    exchange: Exchange,
    found: { account: Account; appPassword: AppPassword | null; isBearer: boolean },
  ): Authentication {
    if (!found.account.isEnabled) return { kind: 'disabled', isBearer: found.isBearer };
    this.#throttle.forget(exchange.clientAddress, found.account.uid);
    found.account.lastLoginMs = exchange.record.receivedAtMs;
    exchange.record.authenticatedUid = found.account.uid;
    exchange.record.usedAppPassword = found.appPassword !== null;
    return { kind: 'user', ...found };
  }

  #findByBasic(login: string, password: string): { account: Account; appPassword: AppPassword | null } | null {
    const appPassword = this.#accounts.findAppPassword(password);
    if (appPassword !== null) {
      const account = appPassword.loginName === login ? this.#accounts.find(appPassword.uid) : null;
      return account === null ? null : { account, appPassword };
    }
    const account = this.#accounts.findByPassword(login, password);
    return account === null ? null : { account, appPassword: null };
  }
}

function splitOnce(userPass: string): [string, string] {
  const colon = userPass.indexOf(':');
  return colon < 0 ? [userPass, ''] : [userPass.slice(0, colon), userPass.slice(colon + 1)];
}
