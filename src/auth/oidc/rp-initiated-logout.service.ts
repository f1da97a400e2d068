import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../access/principal.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { Database } from '../../persistence/database.ts';
import { SessionService } from '../sessions/session.service.ts';
import { ProviderTokenKeeper } from './provider-tokens.ts';
import { Providers } from './providers.ts';
import { OidcError } from '../identities/oidc.errors.ts';

/** Ends a session here, and says where it ends at the provider (OpenID Connect RP-Initiated Logout 1.0). */
@Injectable()
export class RpInitiatedLogoutService {
  readonly #returnUrl: string;

  constructor(
    private readonly database: Database,
    private readonly sessions: SessionService,
    private readonly tokens: ProviderTokenKeeper,
    private readonly providers: Providers,
    http: HttpConfig,
  ) {
    this.#returnUrl = http.frontendUrl ?? http.origin;
  }

  /** @returns null when no provider opened the session, or it has no page for this */
  async logOut(principal: SessionPrincipal): Promise<string | null> {
    const [row] = await this.database.read((em) =>
      em.execute<{ identity_id: string | null }[]>('select identity_id from sessions where id = ?', [
        principal.sessionId,
      ]),
    );
    const identityId = row?.identity_id ?? null;
    const known = identityId === null ? null : await this.tokens.idTokenOf(identityId);
    // First of all, and whatever the provider says.
    await this.sessions.logout(principal);
    const protocol = known === null ? undefined : this.providers.findProvider(known.provider)?.protocol;
    if (known === null || protocol === undefined) return null;
    try {
      return await protocol.logoutUrl({ idToken: known.idToken, returnUrl: this.#returnUrl });
    } catch (error) {
      if (error instanceof OidcError) return null;
      throw error;
    }
  }
}
