import { Buffer } from 'node:buffer';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { COSEALG, decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../config/auth.config.ts';
import { HttpConfig } from '../../config/http.config.ts';
import type { AssertionResponse, AttestationResponse, CredentialKey, NewCredential } from './webauthn.types.ts';

/** How long a browser lets its user search for the key; our own tokens are valid as long. */
const TIMEOUT_MS = 5 * 60 * 1000;
const ALGORITHMS = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256];

/** Who passkeys are made for (WebAuthn Level 3 section 4, Relying Party). */
export interface RelyingParty {
  readonly name: string;
  /** Domain that passkeys belong to. */
  readonly id: string;
  /** Origins of the pages that may use them. */
  readonly origins: readonly string[];
}

/** Options as the browser takes them, and the challenge in them that its answer must repeat. */
export interface CeremonyOptions {
  /** PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3 section 5.1). */
  readonly options: Readonly<Record<string, unknown>>;
  readonly challenge: string;
}

/** Who registers a passkey. */
export interface RegisteringUser {
  readonly userId: string;
  readonly email: string;
  readonly fullName: string | null;
  readonly known: readonly CredentialKey[];
}

/** An answer to be checked. */
export interface AssertionCheck {
  readonly response: AssertionResponse;
  readonly challenge: string;
  readonly credential: CredentialKey;
  /** Whether the authenticator must have recognised its user, by a PIN or a finger. */
  readonly requiresVerifiedUser: boolean;
}

/** Makes the options of WebAuthn ceremonies and verifies the responses (WebAuthn Level 3 section 7). */
@Injectable()
export class WebAuthn {
  readonly #party: RelyingParty;

  constructor(auth: AuthConfig, http: HttpConfig) {
    this.#party = relyingPartyOf(auth, http);
  }

  /** A passkey that its authenticator can find without being told a name, and that verifies its user. */
  async registrationOptions({ userId, email, fullName, known }: RegisteringUser): Promise<CeremonyOptions> {
    const options = await generateRegistrationOptions({
      rpName: this.#party.name,
      rpID: this.#party.id,
      userName: email,
      userDisplayName: fullName ?? email,
      userID: handleOf(userId),
      timeout: TIMEOUT_MS,
      attestationType: 'none',
      excludeCredentials: known.map(descriptor),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    });
    return { options: { ...options }, challenge: options.challenge };
  }

  /** @param known the passkeys that may answer; empty where any may, and its user is not known yet */
  async authenticationOptions(
    known: readonly CredentialKey[],
    requiresVerifiedUser: boolean,
  ): Promise<CeremonyOptions> {
    const options = await generateAuthenticationOptions({
      rpID: this.#party.id,
      timeout: TIMEOUT_MS,
      userVerification: requiresVerifiedUser ? 'required' : 'preferred',
      ...(known.length > 0 && { allowCredentials: known.map(descriptor) }),
    });
    return { options: { ...options }, challenge: options.challenge };
  }

  /** @returns null when anything about the answer is wrong */
  async verifyRegistration(response: AttestationResponse, challenge: string): Promise<NewCredential | null> {
    try {
      if (!isUnattested(response)) return null;
      const { registrationInfo } = await verifyRegistrationResponse({
        response: { ...response, type: 'public-key', clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: [...this.#party.origins],
        expectedRPID: this.#party.id,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (registrationInfo === undefined) return null;
      const { credential, credentialBackedUp } = registrationInfo;
      return {
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        signCount: credential.counter,
        transports: response.response.transports ?? [],
        isBackedUp: credentialBackedUp,
      };
    } catch {
      // The library throws on everything it does not like, in whatever class; none of it is for the client.
      return null;
    }
  }

  /** @returns the counter of the authenticator, or null when anything about the answer is wrong */
  async verifyAssertion({
    response,
    challenge,
    credential,
    requiresVerifiedUser,
  }: AssertionCheck): Promise<number | null> {
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: { ...response, type: 'public-key', clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: [...this.#party.origins],
        expectedRPID: this.#party.id,
        requireUserVerification: requiresVerifiedUser,
        // The counter is compared by us, after the signature and in the database: see Passkeys.recordUse.
        credential: {
          id: credential.credentialId,
          publicKey: isoBase64URL.toBuffer(credential.publicKey),
          counter: 0,
        },
      });
      return verified ? authenticationInfo.newCounter : null;
    } catch {
      return null;
    }
  }
}

/** The relying party that the configuration describes: the host of PUBLIC_URL, unless the operator says otherwise. */
export function relyingPartyOf(auth: AuthConfig, http: HttpConfig): RelyingParty {
  const id = auth.webauthnRpId ?? new URL(http.origin).hostname;
  const known = [http.origin, ...(http.frontendUrl === undefined ? [] : [http.frontendUrl]), ...http.corsOrigins];
  const origins = auth.webauthnOrigins ?? known.filter((url) => isBelow(new URL(url).hostname, id));
  return { name: 'VoiceAssist', id, origins: [...new Set(origins.map((url) => new URL(url).origin))] };
}

function isBelow(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

/** What an authenticator keeps for a user: the 16 bytes of the id, which say nothing about the person. */
export function handleOf(userId: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(userId.replaceAll('-', ''), 'hex'));
}

/**
 * No attestation was asked for. A certificate would be read, and the addresses in it be called, before the user
 * is known.
 */
function isUnattested({ response }: AttestationResponse): boolean {
  const attestation = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject));
  const format = attestation.get('fmt');
  return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
}

function descriptor({ credentialId, transports }: CredentialKey): { id: string; transports: string[] } {
  return { id: credentialId, transports: [...transports] };
}
