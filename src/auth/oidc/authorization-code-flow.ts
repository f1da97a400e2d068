import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AccountLinking, type FlowOutcome } from '../identities/account-linking.ts';
import { Providers } from './providers.ts';
import type { Provider } from '../identities/identity-provider.port.ts';
import { AuthorizationRequests, type RedeemedRequest, type FlowPurpose } from './authorization-requests.ts';
import { OidcError, type OidcErrorReason } from '../identities/oidc.errors.ts';

const LONGEST_CODE = 4_096;

/** Where the browser is sent (RFC 6749 section 4.1.1), and the cookie that it has to keep. */
export interface AuthorizationRedirect {
  readonly location: string;
  /** Set-Cookie field. */
  readonly cookie: string;
}

/** Parameters that a browser came back with (RFC 6749 section 4.1.2); nothing of them is to be trusted. */
export interface AuthorizationResponse {
  readonly state: unknown;
  readonly code: unknown;
  readonly error: unknown;
  readonly iss: unknown;
  /** The Cookie field. */
  readonly cookies: string;
}

/** How a flow ended, and where its browser goes next. */
export interface FlowResult {
  readonly outcome: FlowOutcome | { readonly kind: 'failure'; readonly reason: OidcErrorReason };
  /** Empty when the state is unknown. */
  readonly returnPath: string;
  /** Set-Cookie field; null when the state is unknown. */
  readonly cookie: string | null;
}

/** The authorization code flow (RFC 6749 section 4.1), from the redirect to the provider to our own code that opens a session. */
@Injectable()
export class AuthorizationCodeFlow {
  constructor(
    private readonly requests: AuthorizationRequests,
    private readonly accountLinking: AccountLinking,
    private readonly providers: Providers,
    private readonly trail: AuditTrail,
  ) {}

  /** @throws DomainError `not-found` */
  async begin(purpose: FlowPurpose): Promise<AuthorizationRedirect | FlowResult> {
    const { protocol } = this.providers.get(purpose.providerId);
    const { cookie, ...secrets } = await this.requests.begin(purpose);
    try {
      return { location: await protocol.authorizationUrl(secrets), cookie };
    } catch (error) {
      return { ...(await this.#failed(error, purpose.providerId)), returnPath: purpose.returnPath, cookie: null };
    }
  }

  /** @throws DomainError `not-found`, `service-unavailable` */
  async complete(providerId: string, response: AuthorizationResponse): Promise<FlowResult> {
    const provider = this.providers.get(providerId);
    let request: RedeemedRequest | undefined;
    try {
      // Before anything else, also before the provider's own error: without it anybody could send anybody here.
      request = await this.requests.redeem(textOf(response.state) ?? '', response.cookies);
      const outcome = await this.#resolve(provider, request, response);
      return { outcome, returnPath: request.returnPath, cookie: this.requests.clearingCookie(request.state) };
    } catch (error) {
      const { outcome } = await this.#failed(error, providerId);
      const cookie = request === undefined ? null : this.requests.clearingCookie(request.state);
      return { outcome, returnPath: request?.returnPath ?? '', cookie };
    }
  }

  async #resolve(
    { settings, protocol }: Provider,
    request: RedeemedRequest,
    response: AuthorizationResponse,
  ): Promise<FlowOutcome> {
    if (request.providerId !== settings.id) throw new OidcError('state-of-another-provider');
    if (response.error !== undefined) throw new OidcError('provider-refused');
    const code = textOf(response.code);
    if (code === undefined || code === '' || code.length > LONGEST_CODE) throw new OidcError('code-missing');
    const iss = response.iss === undefined ? undefined : (textOf(response.iss) ?? '');
    const { state, nonce, codeVerifier } = request;
    const identity = await protocol.identify({ state, nonce, codeVerifier, code, iss });
    return this.accountLinking.resolve(request, { settings, identity });
  }

  async #failed(error: unknown, provider: string): Promise<{ outcome: FlowResult['outcome'] }> {
    if (!(error instanceof OidcError)) throw error;
    const { reason } = error;
    await this.trail.record({
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
