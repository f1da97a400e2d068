import { OidcError } from '../../identities/oidc.errors.ts';
import type { Claims } from './identity-claims.ts';
import type { JsonRequest } from './json-request.ts';

const MAX_BYTES = 64 * 1_024;

/** The user that the claims must be about. */
export interface UserinfoQuestion {
  readonly url: string;
  readonly accessToken: string;
  /** `sub` of the ID token. */
  readonly subject: string;
  readonly signal: AbortSignal;
}

/**
 * Claims of UserInfo. They are used only when they are about the user of the ID token (OpenID Connect Core 1.0
 * section 5.3.2).
 *
 * @throws OidcError `userinfo`, and those of the request
 */
export async function userinfoOf(jsonRequest: JsonRequest, question: UserinfoQuestion): Promise<Claims> {
  const { url, accessToken, subject, signal } = question;
  const authorization = `Bearer ${accessToken}`;
  const { status, value } = await jsonRequest.send({ url, authorization, maxBytes: MAX_BYTES, signal });
  if (status !== 200 || value['sub'] !== subject) throw new OidcError('userinfo');
  return value;
}
