import type { Identity } from '../identities/identity.entity.ts';
import type { IdentityResponse, ProviderResponse } from './oidc.dto.ts';
import type { Provider } from './providers.ts';

/** Identifies a user at a provider; its tokens never leave the server. */
export function identityResponse(identity: Identity): IdentityResponse {
  return {
    id: identity.id,
    provider: identity.provider,
    issuer: identity.issuer,
    email: identity.email ?? null,
    linked_at: identity.linkedAt.toISOString(),
    last_login_at: identity.lastLoginAt?.toISOString() ?? null,
  };
}

/** @param origin under which browsers reach this server */
export function providerResponse({ settings: { id, label } }: Provider, origin: string): ProviderResponse {
  return { id, label, login_url: `${origin}/api/auth/oidc/${id}/login` };
}
