import { isScope } from '../../access/scopes.ts';
import type { AccessToken } from './access-token.entity.ts';
import type { AccessTokenResponse, CreatedAccessTokenResponse } from './access-tokens.dto.ts';
import type { CreatedAccessToken } from './access-tokens.service.ts';

/** What the owner of a token may see of it. */
export function accessTokenResponse(token: AccessToken): AccessTokenResponse {
  return {
    id: token.id,
    name: token.name,
    hint: token.hint,
    scopes: token.scopes.split(' ').filter(isScope),
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt?.toISOString() ?? null,
    last_used_at: token.lastUsedAt?.toISOString() ?? null,
  };
}

/** The one answer that shows the secret. */
export function createdAccessTokenResponse({ stored, token }: CreatedAccessToken): CreatedAccessTokenResponse {
  return Object.assign(accessTokenResponse(stored), { token });
}
