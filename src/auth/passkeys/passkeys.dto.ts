import { Type } from 'class-transformer';
import { IsObject, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { AssertionResponseBody, AttestationResponseBody } from './passkey-response.dto.ts';
import type { AuthenticationOptions } from './passkey-assertions.ts';
import type { PasskeyFacts } from './passkeys.service.ts';
import type { AssertionResponse, AttestationResponse } from './webauthn.types.ts';

const MAX_TOKEN_CHARACTERS = 64;
const NAME = /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,100}$/u;
const NAME_RULE = { message: 'name must be 1 to 100 characters without control characters' };

/** A passkey of the account. */
export class PasskeyResponse {
  /** @example "0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f" */
  id!: string;

  /** @example "Laptop" */
  name!: string;

  /** @example "2026-11-22T16:30:00.000Z" */
  created_at!: string;

  /** @example "2026-11-22T16:30:00.000Z" */
  last_used_at!: string | null;

  /** Whether it is kept by a provider who shares it between devices. */
  is_backed_up!: boolean;
}

/** The passkeys of the account, the oldest first. */
export class PasskeyListResponse {
  /** All of them. */
  passkeys!: PasskeyResponse[];
}

/** A question to the authenticator that shall make a passkey. */
export class RegistrationOptionsResponse {
  /** For `PublicKeyCredential.parseCreationOptionsFromJSON()` and `navigator.credentials.create()`. */
  options!: Record<string, unknown>;

  /**
   * Goes back with the answer, within 5 minutes.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  registration_token!: string;
}

/** A passkey that an authenticator has made. */
export class AddPasskeyRequest {
  /**
   * From the answer with the options.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  registration_token!: string;

  /**
   * What the user calls it, 1 to 100 characters.
   * @example "Laptop"
   */
  @IsString()
  @MaxLength(100)
  @Matches(NAME, NAME_RULE)
  name!: string;

  /** `toJSON()` of what `navigator.credentials.create()` gave. */
  @IsObject()
  @ValidateNested()
  @Type(() => AttestationResponseBody)
  response!: AttestationResponseBody;
}

/** A new passkey. */
export class AddedPasskeyResponse extends PasskeyResponse {
  /**
   * Shown once; empty when the account has recovery codes already.
   * @example ["7K2M-9QXR-4TBD-W3HN-60JC-V5GE"]
   */
  recovery_codes!: string[];
}

/** A new name of a passkey. */
export class RenamePasskeyRequest {
  /**
   * What the user calls it, 1 to 100 characters.
   * @example "Laptop"
   */
  @IsString()
  @MaxLength(100)
  @Matches(NAME, NAME_RULE)
  name!: string;
}

/** A question to the authenticators that may have a passkey. */
export class AuthenticationOptionsResponse {
  /** For `PublicKeyCredential.parseRequestOptionsFromJSON()` and `navigator.credentials.get()`. */
  options!: Record<string, unknown>;

  /**
   * Goes back with the answer, within 5 minutes.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  authentication_token!: string;
}

/** The first step of a login that is waiting for its second. */
export class PasskeyChallengeOptionsRequest {
  /**
   * From the answer to the first step.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  mfa_token!: string;
}

/** The answer of an authenticator. */
export class PasskeyLoginRequest {
  /**
   * From the answer with the options; good for one try.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  authentication_token!: string;

  /** `toJSON()` of what `navigator.credentials.get()` gave. */
  @IsObject()
  @ValidateNested()
  @Type(() => AssertionResponseBody)
  response!: AssertionResponseBody;
}

/** The second step of a login, made with a passkey. */
export class PasskeyChallengeRequest extends PasskeyLoginRequest {
  /**
   * From the answer to the first step.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  @IsString()
  @MaxLength(MAX_TOKEN_CHARACTERS)
  mfa_token!: string;
}

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
