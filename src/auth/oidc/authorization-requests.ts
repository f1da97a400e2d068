import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { Database } from '../../persistence/database.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import type { AuthorizationRequest } from '../identities/identity-provider.port.ts';
import { OidcError } from '../identities/oidc.errors.ts';

const LIFE_SECONDS = 10 * 60;
const SECRET_BYTES = 32;

/** The session that asked to link an identity. */
export interface LinkTarget {
  readonly userId: string;
  readonly sessionId: string;
}

/** What an authorization request is for. */
export interface FlowPurpose {
  readonly providerId: string;
  /** Path of the web application to return to; empty for its start. */
  readonly returnPath: string;
  /** S256 challenge of the client that will exchange the code; null without. */
  readonly clientChallenge: string | null;
  /** Null for a login. */
  readonly link: LinkTarget | null;
}

/** An authorization request that the browser has come back from. */
export interface RedeemedRequest extends FlowPurpose, AuthorizationRequest {}

/** An authorization request that was just made. */
export interface StartedRequest extends AuthorizationRequest {
  /** Set-Cookie field that binds it to the browser. */
  readonly cookie: string;
}

type Payload = FlowPurpose & Pick<AuthorizationRequest, 'nonce' | 'codeVerifier'> & { readonly browserDigest: string };

/** Stores authorization requests until the browser comes back: each has a `state` of its own, valid once, for ten minutes, in the browser that began it. */
@Injectable()
export class AuthorizationRequests {
  readonly #isSecure: boolean;

  constructor(
    private readonly database: Database,
    private readonly tokens: OneTimeTokens,
    http: HttpConfig,
  ) {
    this.#isSecure = http.origin.startsWith('https:');
  }

  async begin(purpose: FlowPurpose): Promise<StartedRequest> {
    const [nonce, codeVerifier, browserSecret] = [secret(), secret(), secret()];
    const payload: Payload = { ...purpose, nonce, codeVerifier, browserDigest: digest(browserSecret) };
    const token = { purpose: 'oidc-transaction', userId: null, payload, lifeSeconds: LIFE_SECONDS } as const;
    const state = await this.database.transaction((em) => this.tokens.issue(em, token));
    return { state, nonce, codeVerifier, cookie: this.#cookie(state, browserSecret, LIFE_SECONDS) };
  }

  /**
   * Uses a state up, also when the browser is the wrong one.
   *
   * @param cookies the Cookie field of the request
   * @throws OidcError `state-unknown`, `state-of-another-browser`
   */
  async redeem(state: string, cookies: string): Promise<RedeemedRequest> {
    const found = await this.database.transaction((em) => this.tokens.redeem<Payload>(em, 'oidc-transaction', state));
    if (found === null) throw new OidcError('state-unknown');
    const { browserDigest, ...request } = found.payload;
    const shown = digest(cookieValue(cookies, this.#name(state)));
    if (!timingSafeEqual(Buffer.from(shown), Buffer.from(browserDigest))) {
      throw new OidcError('state-of-another-browser');
    }
    return { ...request, state };
  }

  /** Set-Cookie field that removes the cookie of a state. */
  clearingCookie(state: string): string {
    return this.#cookie(state, '', 0);
  }

  #cookie(state: string, value: string, maxAgeSeconds: number): string {
    const secure = this.#isSecure ? '; Secure' : '';
    return `${this.#name(state)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`;
  }

  /** One for each request, so that two tabs do not overwrite each other's (RFC 6265bis section 4.1.3.2 for the prefix). */
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
