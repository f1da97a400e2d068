import { OidcError } from '../../identities/oidc.errors.ts';
import type { JsonRequest } from './json-request.ts';

const MAX_BYTES = 128 * 1_024;
const KEPT_MS = 10 * 60 * 1_000;
const LONGEST_URL = 2_048;
/** Asymmetric algorithms of RFC 7518 section 3.1 and RFC 8037 section 3.1. */
const SIGNATURES = new Set(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']);

/** What is used of a discovery document (OpenID Connect Discovery 1.0 section 3). */
export interface ProviderMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly userinfoEndpoint: string | null;
  readonly endSessionEndpoint: string | null;
  /** Algorithms that its ID tokens may be signed with; never `none` and never a symmetric one. */
  readonly algorithms: readonly string[];
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post';
  /** Whether its answers name it (RFC 9207 section 3). */
  readonly namesItself: boolean;
}

/** The discovery document of one issuer, kept for ten minutes. */
export class Discovery {
  #known: { readonly metadata: ProviderMetadata; readonly atMs: number } | undefined;
  #running: Promise<ProviderMetadata> | undefined;

  constructor(
    private readonly issuer: string,
    private readonly jsonRequest: JsonRequest,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws OidcError `discovery` when the document is not one of this issuer, and those of the request */
  async metadata(signal: AbortSignal): Promise<ProviderMetadata> {
    if (this.#known !== undefined && this.now() - this.#known.atMs < KEPT_MS) return this.#known.metadata;
    // Many logins at the same time ask once.
    this.#running ??= this.#ask(signal).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #ask(signal: AbortSignal): Promise<ProviderMetadata> {
    const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { status, value } = await this.jsonRequest.send({ url, maxBytes: MAX_BYTES, signal });
    if (status !== 200) throw new OidcError('discovery');
    const metadata = metadataOf(value, this.issuer);
    this.#known = { metadata, atMs: this.now() };
    return metadata;
  }
}

function metadataOf(value: Readonly<Record<string, unknown>>, issuer: string): ProviderMetadata {
  // Exactly, so that no issuer can speak for another (OpenID Connect Discovery 1.0 section 4.3).
  if (value['issuer'] !== issuer) throw new OidcError('discovery');
  const endpoint = (name: string): string => endpointOf(value[name], issuer);
  const optional = (name: string): string | null => (value[name] === undefined ? null : endpoint(name));
  return {
    issuer,
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
    jwksUri: endpoint('jwks_uri'),
    userinfoEndpoint: optional('userinfo_endpoint'),
    endSessionEndpoint: optional('end_session_endpoint'),
    algorithms: algorithmsOf(value['id_token_signing_alg_values_supported']),
    clientAuthentication: clientAuthenticationOf(value['token_endpoint_auth_methods_supported']),
    namesItself: value['authorization_response_iss_parameter_supported'] === true,
  };
}

function endpointOf(value: unknown, issuer: string): string {
  const url = typeof value === 'string' && value.length <= LONGEST_URL ? URL.parse(value) : null;
  // An issuer behind TLS may not lead out of it.
  const schemes = issuer.startsWith('https:') ? ['https:'] : ['https:', 'http:'];
  if (
    url === null ||
    !schemes.includes(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.hash !== ''
  ) {
    throw new OidcError('discovery');
  }
  return url.href;
}

function algorithmsOf(value: unknown): readonly string[] {
  const supported = value === undefined ? ['RS256'] : stringsOf(value);
  return supported.filter((algorithm) => SIGNATURES.has(algorithm));
}

/** Basic is the default (OpenID Connect Discovery 1.0 section 3). */
function clientAuthenticationOf(value: unknown): ProviderMetadata['clientAuthentication'] {
  const methods = value === undefined ? ['client_secret_basic'] : stringsOf(value);
  if (methods.includes('client_secret_basic')) return 'client_secret_basic';
  if (methods.includes('client_secret_post')) return 'client_secret_post';
  throw new OidcError('discovery');
}

function stringsOf(value: unknown): string[] {
  if (!Array.isArray(value)) throw new OidcError('discovery');
  return value.filter((each) => typeof each === 'string');
}
