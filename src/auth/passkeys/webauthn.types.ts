/** A passkey as its authenticator is asked for it. All binary values are base64url without padding. */
export interface CredentialKey {
  readonly credentialId: string;
  /** COSE key (RFC 9052 section 7). */
  readonly publicKey: string;
  /** How the authenticator can be reached. */
  readonly transports: readonly string[];
}

/** A passkey that an authenticator has just made. */
export interface NewCredential extends CredentialKey {
  readonly signCount: number;
  readonly isBackedUp: boolean;
}

/** RegistrationResponseJSON (WebAuthn Level 3 section 5.1), as far as it is read. */
export interface AttestationResponse {
  readonly id: string;
  readonly rawId: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports?: string[];
  };
}

/** AuthenticationResponseJSON (WebAuthn Level 3 section 5.1), as far as it is read. */
export interface AssertionResponse {
  readonly id: string;
  readonly rawId: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    /** Handle of the user of the passkey. */
    readonly userHandle?: string;
  };
}
