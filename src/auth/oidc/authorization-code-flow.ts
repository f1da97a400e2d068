import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { IdentityLinking, type SignOnOutcome } from '../identities/account-linking.ts';
import { Providers, type Provider } from './providers.ts';
import { SignOnTransactions, type RedeemedSignOn, type SignOnPurpose } from './authorization-requests.ts';
import { SsoFailure, type SsoFailureReason } from '../identities/sso.errors.ts';

const LONGEST_CODE = 4_096;

/** Where a browser goes, and what it has to keep for the way back. */
export interface Departure {
  readonly location: string;
  /** Set-Cookie field. */
  readonly cookie: string;
}

/** What a browser came back with; nothing of it is to be trusted. */
export interface Return {
  readonly state: unknown;
  readonly code: unknown;
  readonly error: unknown;
  readonly iss: unknown;
  /** The Cookie field. */
  readonly cookies: string;
}

/** How a sign-on ended, and where its browser belongs. */
export interface Conclusion {
  readonly outcome: SignOnOutcome | { readonly kind: 'failure'; readonly reason: SsoFailureReason };
  /** Empty when the sign-on is unknown. */
  readonly returnPath: string;
  /** Set-Cookie field; null when the sign-on is unknown. */
  readonly cookie: string | null;
}

/** Single sign-on from the first redirect to the code that opens a session. */
@Injectable()
export class SignOnService {
  readonly #transactions: SignOnTransactions;
  readonly #linking: IdentityLinking;
  readonly #providers: Providers;
  readonly #trail: AuditTrail;

  constructor(transactions: SignOnTransactions, linking: IdentityLinking, providers: Providers, trail: AuditTrail) {
    this.#transactions = transactions;
    this.#linking = linking;
    this.#providers = providers;
    this.#trail = trail;
  }

  /** @throws DomainError `not-found` */
  async begin(purpose: SignOnPurpose): Promise<Departure | Conclusion> {
    const { protocol } = this.#providers.get(purpose.providerId);
    const { cookie, ...secrets } = await this.#transactions.begin(purpose);
    try {
      return { location: await protocol.authorizationUrl(secrets), cookie };
    } catch (error) {
      return { ...(await this.#failed(error, purpose.providerId)), returnPath: purpose.returnPath, cookie: null };
    }
  }

  /** @throws DomainError `not-found`, `service-unavailable` */
  async conclude(providerId: string, returned: Return): Promise<Conclusion> {
    const provider = this.#providers.get(providerId);
    let signOn: RedeemedSignOn | undefined;
    try {
      // Before anything else, also before the provider's own error: without it anybody could send anybody here.
      signOn = await this.#transactions.redeem(textOf(returned.state) ?? '', returned.cookies);
      const outcome = await this.#settle(provider, signOn, returned);
      return { outcome, returnPath: signOn.returnPath, cookie: this.#transactions.forget(signOn.state) };
    } catch (error) {
      const { outcome } = await this.#failed(error, providerId);
      const cookie = signOn === undefined ? null : this.#transactions.forget(signOn.state);
      return { outcome, returnPath: signOn?.returnPath ?? '', cookie };
    }
  }

  async #settle({ settings, protocol }: Provider, signOn: RedeemedSignOn, returned: Return): Promise<SignOnOutcome> {
    if (signOn.providerId !== settings.id) throw new SsoFailure('state-of-another-provider');
    if (returned.error !== undefined) throw new SsoFailure('provider-refused');
    const code = textOf(returned.code);
    if (code === undefined || code === '' || code.length > LONGEST_CODE) throw new SsoFailure('code-missing');
    const iss = returned.iss === undefined ? undefined : (textOf(returned.iss) ?? '');
    const { state, nonce, codeVerifier } = signOn;
    const identity = await protocol.identify({ state, nonce, codeVerifier, code, iss });
    return this.#linking.settle(signOn, { settings, identity });
  }

  async #failed(error: unknown, provider: string): Promise<{ outcome: Conclusion['outcome'] }> {
    if (!(error instanceof SsoFailure)) throw error;
    const { reason } = error;
    await this.#trail.record({
      actorId: null,
      action: 'sso.login',
      outcome: 'failure',
      targetType: 'provider',
      targetId: provider,
      details: { provider, reason },
    });
    return { outcome: { kind: 'failure', reason } };
  }
}

/** A parameter that came once; RFC 6749 section 3.1 forbids repeating one. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
