import type { ProviderSettings } from '../../../config/sso-providers.ts';
import type { ProviderTokens } from '../../identities/identity-provider.port.ts';
import { OidcError } from '../../identities/oidc.errors.ts';
import type { ProviderMetadata } from './discovery.ts';
import type { JsonRequest } from './json-request.ts';

const MAX_BYTES = 64 * 1_024;
/** Visible ASCII (RFC 6750 section 2.1 allows less, RFC 6749 appendix A.12 a little more). */
const TOKEN = /^[\x20-\x7e]{1,16384}$/;
const LONGEST_LIFE_SECONDS = 10 * 365 * 86_400;

/** The token endpoint of one provider (RFC 6749 sections 4.1.3 and 6). */
export class TokenEndpoint {
  constructor(
    private readonly settings: ProviderSettings,
    private readonly jsonRequest: JsonRequest,
  ) {}

  /** @throws OidcError `token-endpoint`, and those of the request */
  async ask(
    metadata: ProviderMetadata,
    grant: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ProviderTokens> {
    const { clientId, clientSecret } = this.settings;
    const isBasic = metadata.clientAuthentication === 'client_secret_basic';
    const { status, value } = await this.jsonRequest.send({
      url: metadata.tokenEndpoint,
      form: isBasic ? grant : { ...grant, client_id: clientId, client_secret: clientSecret.reveal() },
      ...(isBasic && { authorization: basicAuthorization(clientId, clientSecret.reveal()) }),
      maxBytes: MAX_BYTES,
      signal,
    });
    if (status !== 200) throw new OidcError('token-endpoint');
    return tokensOf(value);
  }
}

/** Id and secret are form-encoded first (RFC 6749 section 2.3.1). */
function basicAuthorization(clientId: string, clientSecret: string): string {
  const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`;
}

/** @throws OidcError `token-endpoint` for an answer that is none of RFC 6749 section 5.1 */
export function tokensOf(value: Readonly<Record<string, unknown>>): ProviderTokens {
  const { token_type: type, expires_in: life } = value;
  const accessToken = findToken(value['access_token']);
  if (accessToken === null || typeof type !== 'string' || type.toLowerCase() !== 'bearer') {
    throw new OidcError('token-endpoint');
  }
  const isLife = typeof life === 'number' && life > 0 && life <= LONGEST_LIFE_SECONDS;
  return {
    accessToken,
    refreshToken: findToken(value['refresh_token']),
    idToken: findToken(value['id_token']),
    expiresAtMs: isLife ? Date.now() + Math.floor(life * 1_000) : null,
  };
}

function findToken(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || !TOKEN.test(value)) throw new OidcError('token-endpoint');
  return value;
}
