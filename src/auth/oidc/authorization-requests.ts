import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { Database } from '../../persistence/database.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import type { SignOnRequest } from '../identities/identity-provider.port.ts';
import { SsoFailure } from '../identities/sso.errors.ts';

const LIFE_SECONDS = 10 * 60;
const SECRET_BYTES = 32;

/** A sign-on that asks for the identity of somebody who is logged in. */
export interface LinkTarget {
  readonly userId: string;
  readonly sessionId: string;
}

/** What a sign-on is for. */
export interface SignOnPurpose {
  readonly providerId: string;
  /** Path of the web application to return to; empty for its start. */
  readonly returnPath: string;
  /** S256 challenge of the client that will exchange the code; null without. */
  readonly clientChallenge: string | null;
  /** Null for a login. */
  readonly link: LinkTarget | null;
}

/** A sign-on whose browser has come back. */
export interface RedeemedSignOn extends SignOnPurpose, SignOnRequest {}

/** A sign-on that has begun. */
export interface StartedSignOn extends SignOnRequest {
  /** Set-Cookie field that binds it to the browser. */
  readonly cookie: string;
}

type Payload = SignOnPurpose & Pick<SignOnRequest, 'nonce' | 'codeVerifier'> & { readonly browserDigest: string };

/** Sign-ons on their way: each has a state of its own, good once, for ten minutes, in the browser that began it. */
@Injectable()
export class SignOnTransactions {
  readonly #database: Database;
  readonly #tokens: OneTimeTokens;
  readonly #isSecure: boolean;

  constructor(database: Database, tokens: OneTimeTokens, http: HttpConfig) {
    this.#database = database;
    this.#tokens = tokens;
    this.#isSecure = http.origin.startsWith('https:');
  }

  async begin(purpose: SignOnPurpose): Promise<StartedSignOn> {
    const [nonce, codeVerifier, browserSecret] = [secret(), secret(), secret()];
    const payload: Payload = { ...purpose, nonce, codeVerifier, browserDigest: digest(browserSecret) };
    const token = { purpose: 'oidc-transaction', userId: null, payload, lifeSeconds: LIFE_SECONDS } as const;
    const state = await this.#database.transaction((em) => this.#tokens.issue(em, token));
    return { state, nonce, codeVerifier, cookie: this.#cookie(state, browserSecret, LIFE_SECONDS) };
  }

  /**
   * Uses a state up, also when the browser is the wrong one.
   *
   * @param cookies the Cookie field of the request
   * @throws SsoFailure `state-unknown`, `state-of-another-browser`
   */
  async redeem(state: string, cookies: string): Promise<RedeemedSignOn> {
    const found = await this.#database.transaction((em) => this.#tokens.redeem<Payload>(em, 'oidc-transaction', state));
    if (found === null) throw new SsoFailure('state-unknown');
    const { browserDigest, ...signOn } = found.payload;
    const shown = digest(cookieValue(cookies, this.#name(state)));
    if (!timingSafeEqual(Buffer.from(shown), Buffer.from(browserDigest))) {
      throw new SsoFailure('state-of-another-browser');
    }
    return { ...signOn, state };
  }

  /** Set-Cookie field that forgets the binding of a state. */
  forget(state: string): string {
    return this.#cookie(state, '', 0);
  }

  #cookie(state: string, value: string, maxAgeSeconds: number): string {
    const secure = this.#isSecure ? '; Secure' : '';
    return `${this.#name(state)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`;
  }

  /** One for each sign-on, so that two tabs do not overwrite each other's (RFC 6265bis section 4.1.3.2 for the prefix). */
  #name(state: string): string {
    return `${this.#isSecure ? '__Host-' : ''}sign_on_${digest(state).slice(0, 16)}`;
  }
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function cookieValue(cookies: string, name: string): string {
  const found = cookies.split(';').find((each) => each.trimStart().startsWith(`${name}=`));
  return found?.slice(found.indexOf('=') + 1).trim() ?? '';
}
