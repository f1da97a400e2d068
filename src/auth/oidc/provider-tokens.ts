import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';
import { Identity } from '../identities/identity.entity.ts';
import type { ProviderTokens } from '../identities/identity-provider.port.ts';
import { Identities } from '../identities/identities.ts';
import { Providers } from './providers.ts';
import { OidcError } from '../identities/oidc.errors.ts';

/** A token with less life left is renewed first, in milliseconds. */
const LEAST_LIFE_MS = 30_000;

/** Tokens that providers issued for users of this server: sealed at rest, renewed when they run out, never handed out. */
@Injectable()
export class ProviderTokenKeeper {
  readonly #renewals = new Map<string, Promise<string | null>>();

  constructor(
    private readonly database: Database,
    private readonly identities: Identities,
    private readonly providers: Providers,
  ) {}

  /**
   * The access token of a user at a provider.
   *
   * @returns null when the user has no identity there, or must log in there again
   * @throws OidcError when the provider cannot be reached
   */
  async accessTokenOf(userId: string, provider: string): Promise<string | null> {
    const known = await this.#read(userId, provider);
    if (known?.tokens == null) return null;
    const { identity, tokens } = known;
    const { expiresAtMs, refreshToken, accessToken } = tokens;
    if (expiresAtMs === null || expiresAtMs - Date.now() > LEAST_LIFE_MS) return accessToken;
    if (refreshToken === null) return null;
    // A refresh token may be good once: two renewals at a time would end it.
    const running = this.#renewals.get(identity.id) ?? this.#renew(identity, refreshToken);
    this.#renewals.set(identity.id, running);
    return running.finally(() => this.#renewals.delete(identity.id));
  }

  /** The ID token of the last login, for logging out at the provider. */
  async idTokenOf(identityId: string): Promise<{ readonly provider: string; readonly idToken: string | null } | null> {
    return this.database.read(async (em) => {
      const identity = await em.findOne(Identity, { id: identityId });
      if (identity === null) return null;
      const tokens = await this.identities.tokensOf(em, identity);
      return { provider: identity.provider, idToken: tokens?.idToken ?? null };
    });
  }

  #read(userId: string, provider: string): Promise<{ identity: Identity; tokens: ProviderTokens | null } | null> {
    return this.database.read(async (em) => {
      const identity = await em.findOne(Identity, { userId, provider }, { orderBy: { linkedAt: 'asc' } });
      return identity === null ? null : { identity, tokens: await this.identities.tokensOf(em, identity) };
    });
  }

  async #renew(identity: Identity, refreshToken: string): Promise<string | null> {
    const { protocol } = this.providers.get(identity.provider);
    try {
      const renewed = await protocol.refresh(refreshToken);
      const isStored = await this.database.transaction((em) => this.identities.replaceTokens(em, identity, renewed));
      if (isStored) return renewed.accessToken;
    } catch (error) {
      if (!(error instanceof OidcError) || error.reason !== 'token-endpoint') throw error;
    }
    // Refused, or another process was faster: what it stored counts.
    const now = await this.#read(identity.userId, identity.provider);
    return now?.tokens != null && now.identity.sealedTokens !== identity.sealedTokens ? now.tokens.accessToken : null;
  }
}
