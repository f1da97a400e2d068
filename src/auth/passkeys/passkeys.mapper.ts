import type { AssertionResponse, AttestationResponse } from './webauthn.types.ts';
import type { AuthenticationOptions } from './passkey-assertions.ts';
import type { AssertionResponseBody, AttestationResponseBody } from './passkey-response.dto.ts';
import type { AuthenticationOptionsResponse, PasskeyResponse } from './passkeys.dto.ts';
import type { PasskeyFacts } from './passkeys.service.ts';

/** A passkey, as its user sees it. */
export function passkeyResponse({ id, name, createdAt, lastUsedAt, isBackedUp }: PasskeyFacts): PasskeyResponse {
  return {
    id,
    name,
    created_at: createdAt.toISOString(),
    last_used_at: lastUsedAt?.toISOString() ?? null,
    is_backed_up: isBackedUp,
  };
}

/** A question to authenticators. */
export function authenticationOptionsResponse(question: AuthenticationOptions): AuthenticationOptionsResponse {
  return { options: { ...question.options }, authentication_token: question.authenticationToken };
}

/** What is read of an answer after `navigator.credentials.create()`. */
export function attestationOf({ id, rawId, response }: AttestationResponseBody): AttestationResponse {
  const { clientDataJSON, attestationObject, transports } = response;
  return { id, rawId, response: { clientDataJSON, attestationObject, transports: transports ?? [] } };
}

/** What is read of an answer after `navigator.credentials.get()`. */
export function assertionOf({ id, rawId, response }: AssertionResponseBody): AssertionResponse {
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  return {
    id,
    rawId,
    response: { clientDataJSON, authenticatorData, signature, ...(userHandle != null && { userHandle }) },
  };
}
