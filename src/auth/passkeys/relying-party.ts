import { Injectable } from '@nestjs/common';
import { AuthConfig } from '../../config/auth.config.ts';
import { HttpConfig } from '../../config/http.config.ts';

/** Who passkeys are made for (WebAuthn Level 3 section 4, Relying Party). */
@Injectable()
export class RelyingParty {
  readonly name = 'VoiceAssist';
  /** Domain that passkeys belong to. */
  readonly id: string;
  /** Origins of the pages that may use them. */
  readonly origins: readonly string[];

  constructor(auth: AuthConfig, http: HttpConfig) {
    this.id = auth.webauthnRpId ?? new URL(http.origin).hostname;
    const known = [http.origin, ...(http.frontendUrl === undefined ? [] : [http.frontendUrl]), ...http.corsOrigins];
    const origins = auth.webauthnOrigins ?? known.filter((url) => isBelow(new URL(url).hostname, this.id));
    this.origins = [...new Set(origins.map((url) => new URL(url).origin))];
  }
}

function isBelow(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
