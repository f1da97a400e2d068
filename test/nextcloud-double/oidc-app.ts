import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';

/** A client of the app, and how the app is set up. */
export interface OidcAppSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  /** Newer versions of the app answer questions about tokens (RFC 7662). Default false. */
  readonly hasIntrospection?: boolean;
  /** Client and redirect URI are compared before the login, not after it. Default false. */
  readonly checksBeforeLogin?: boolean;
}

/** The app "OIDC Identity Provider" as far as it shows itself to somebody who is not logged in. Absent until installed. */
export class OidcApp {
  settings: OidcAppSettings | null = null;

  install(settings: OidcAppSettings): void {
    this.settings = settings;
  }

  remove(): void {
    this.settings = null;
  }
}

/** Answers the routes of the app; null when it is not installed or the path is none of them. */
export async function answerOidc(exchange: Exchange, state: ServerState): Promise<Answer | null> {
  const { settings } = state.oidc;
  if (settings === null) return null;
  const path = exchange.path.replace(/^\/index\.php/, '');
  const base = state.faults.linkOrigin ?? exchange.baseUrl;
  if (path === '/.well-known/openid-configuration') return jsonAnswer(200, document(base, settings));
  if (path === '/apps/oidc/authorize' && exchange.method === 'GET') return authorize(exchange, settings, base);
  if (path === '/apps/oidc/token' && exchange.method === 'POST') return token(exchange);
  if (path === '/apps/oidc/introspect' && exchange.method === 'POST') return introspect(exchange, settings);
  return null;
}

/** Everything is built from the Host of the request. */
function document(base: string, { hasIntrospection = false }: OidcAppSettings): Record<string, unknown> {
  return {
    issuer: base,
    authorization_endpoint: `${base}/index.php/apps/oidc/authorize`,
    token_endpoint: `${base}/index.php/apps/oidc/token`,
    userinfo_endpoint: `${base}/index.php/apps/oidc/userinfo`,
    jwks_uri: `${base}/index.php/apps/oidc/jwks`,
    ...(hasIntrospection && { introspection_endpoint: `${base}/index.php/apps/oidc/introspect` }),
    scopes_supported: ['openid', 'profile', 'email', 'roles', 'groups'],
    response_types_supported: ['code', 'code id_token', 'id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256'],
  };
}

function authorize(exchange: Exchange, settings: OidcAppSettings, base: string): Answer {
  const isKnown =
    exchange.query.get('client_id') === settings.clientId &&
    exchange.query.get('redirect_uri') === settings.redirectUri;
  if (settings.checksBeforeLogin === true && !isKnown) return htmlAnswer(200, 'Access forbidden');
  return { status: 303, headers: { Location: `${base}/index.php/login?redirect_url=/index.php/apps/oidc/redirect` } };
}

/** Nobody logs in here, so no code is ever known; the client is not looked at before that. */
async function token(exchange: Exchange): Promise<Answer> {
  const fields = await exchange.readFields();
  const isGrant = ['authorization_code', 'refresh_token'].includes(fields.get('grant_type') ?? '');
  const error = isGrant ? 'invalid_request' : 'invalid_grant';
  return jsonAnswer(400, { error, error_description: 'Could not find access token for code or refresh_token.' });
}

async function introspect(exchange: Exchange, settings: OidcAppSettings): Promise<Answer> {
  const fields = await exchange.readFields();
  const isClient =
    fields.get('client_id') === settings.clientId && fields.get('client_secret') === settings.clientSecret;
  return isClient ? jsonAnswer(200, { active: false }) : jsonAnswer(401, { error: 'invalid_client' });
}
