import { IsIn, IsString, Matches, MaxLength } from 'class-validator';
import { NEXTCLOUD_APP_GRANTS, type NextcloudAppId } from './nextcloud-apps.ts';

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const MAX_URI_CHARACTERS = 512;

/** A Nextcloud app that its user allows to call this server. */
export class AuthorizeAppRequest {
  /** @example "voiceassist_client" */
  @IsIn(Object.keys(NEXTCLOUD_APP_GRANTS))
  app!: NextcloudAppId;

  /**
   * Page of the app in the configured Nextcloud.
   * @example "https://cloud.clinic.example/index.php/apps/voiceassist_client/connected"
   */
  @IsString()
  @MaxLength(MAX_URI_CHARACTERS)
  redirect_uri!: string;

  /**
   * S256 challenge (RFC 7636 section 4.2).
   * @example "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
   */
  @Matches(CHALLENGE, { message: 'code_challenge must be an S256 challenge of 43 characters' })
  code_challenge!: string;
}

/** A code for the app. */
export class AppCodeResponse {
  /**
   * Good once, for a minute.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  code!: string;
}

/** The code, and the verifier that its challenge was made of. */
export class ExchangeAppCodeRequest {
  /** @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E" */
  @IsString()
  @MaxLength(64)
  code!: string;

  /** @example "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" */
  @Matches(VERIFIER, { message: 'code_verifier must have 43 to 128 unreserved characters' })
  code_verifier!: string;
}

/** A token to be given up. */
export class RevokeTokenRequest {
  /** @example "va_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E" */
  @IsString()
  @MaxLength(64)
  token!: string;
}

/** The answer for every token, known or not. */
export class RevokedTokenResponse {
  revoked!: true;
}
