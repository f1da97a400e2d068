import type { TokenPairResponse } from '../auth.dto.ts';
import type { TokenPair } from '../sessions/token-issuer.ts';

/** Tokens in the words of RFC 6749 section 5.1. */
export function tokenPairResponse(pair: TokenPair): TokenPairResponse {
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    token_type: 'bearer',
    expires_in: pair.expiresInSeconds,
    refresh_expires_in: pair.refreshExpiresInSeconds,
  };
}
