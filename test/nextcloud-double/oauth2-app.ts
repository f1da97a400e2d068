import { randomToken } from './accounts.ts';
import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { ServerClock } from './clock.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';

const CLIENT_LENGTH = 64;
const TOKEN_LENGTH = 72;
const REFRESH_LENGTH = 128;
const LIFE_SECONDS = 3600;

/** A client as an administrator registers it: a name and one redirect URI. */
export interface OAuth2Client {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

interface Grant {
  readonly uid: string;
  readonly clientId: string;
}

/** The built-in OAuth 2.0 app: no scopes, no ID token, no PKCE; a token is the whole account. */
export class OAuth2App {
  readonly #clock: ServerClock;
  readonly #clients = new Map<string, OAuth2Client>();
  readonly #codes = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Grant>();
  readonly #accessTokens = new Map<string, { readonly uid: string; readonly expiresAtMs: number }>();

  constructor(clock: ServerClock) {
    this.#clock = clock;
  }

  register(redirectUri: string): OAuth2Client {
    const client = { clientId: randomToken(CLIENT_LENGTH), clientSecret: randomToken(CLIENT_LENGTH), redirectUri };
    this.#clients.set(client.clientId, client);
    return client;
  }

  find(clientId: string): OAuth2Client | null {
    return this.#clients.get(clientId) ?? null;
  }

  /** The user grants access in the browser. @returns the code */
  grant(uid: string, clientId: string): string {
    const code = randomToken(REFRESH_LENGTH);
    this.#codes.set(code, { uid, clientId });
    return code;
  }

  /** @returns who a token belongs to; null when it is unknown or has expired. */
  userOf(accessToken: string): string | null {
    const found = this.#accessTokens.get(accessToken);
    return found !== undefined && found.expiresAtMs > this.#clock.nowMs() ? found.uid : null;
  }

  /** The code or token is looked at before the client is. */
  knows(kind: string, secret: string): boolean {
    return (kind === 'authorization_code' ? this.#codes : this.#refreshTokens).has(secret);
  }

  /** Uses a code or refresh token up. @returns null when it is unknown, used or another client's */
  take(kind: string, secret: string, clientId: string): Record<string, unknown> | null {
    const grants = kind === 'authorization_code' ? this.#codes : this.#refreshTokens;
    const grant = grants.get(secret);
    grants.delete(secret);
    if (grant === undefined || grant.clientId !== clientId) return null;
    const [accessToken, refreshToken] = [randomToken(TOKEN_LENGTH), randomToken(REFRESH_LENGTH)];
    this.#accessTokens.set(accessToken, { uid: grant.uid, expiresAtMs: this.#clock.nowMs() + LIFE_SECONDS * 1000 });
    this.#refreshTokens.set(refreshToken, grant);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: LIFE_SECONDS,
      refresh_token: refreshToken,
      user_id: grant.uid,
    };
  }
}

/** Answers the two routes of the app; null when the path is none of them. */
export async function answerOAuth2(exchange: Exchange, state: ServerState): Promise<Answer | null> {
  if (state.faults.isOAuth2AppOff) return null;
  // A stock server has no pretty URLs; it answers such paths with 500.
  const { path } = exchange;
  if (/^\/apps\/oauth2\//.test(path)) return { status: 500, headers: {}, body: 'Internal Server Error' };
  if (path === '/index.php/apps/oauth2/authorize' && exchange.method === 'GET') return authorize(exchange, state);
  if (path === '/index.php/apps/oauth2/api/v1/token' && exchange.method === 'POST') return token(exchange, state);
  return null;
}

/** `redirect_uri` and `scope` are ignored; the browser logs in first and comes back by the registered URI. */
function authorize(exchange: Exchange, state: ServerState): Answer {
  const client = state.oauth2.find(exchange.query.get('client_id') ?? '');
  if (client === null || exchange.query.get('response_type') !== 'code') return htmlAnswer(200, 'Error');
  return { status: 303, headers: { Location: `${exchange.baseUrl}/login/flow?clientIdentifier=${client.clientId}` } };
}

async function token(exchange: Exchange, state: ServerState): Promise<Answer> {
  const fields = await exchange.readFields();
  const [id, secret] = basicOf(exchange) ?? [fields.get('client_id') ?? '', fields.get('client_secret') ?? ''];
  const kind = fields.get('grant_type') ?? '';
  if (kind !== 'authorization_code' && kind !== 'refresh_token') return jsonAnswer(400, { error: 'invalid_grant' });
  const shown = fields.get(kind === 'authorization_code' ? 'code' : 'refresh_token') ?? '';
  if (!state.oauth2.knows(kind, shown)) return jsonAnswer(400, { error: 'invalid_request' });
  const client = state.oauth2.find(id);
  if (client === null || client.clientSecret !== secret) return jsonAnswer(400, { error: 'invalid_client' });
  const answer = state.oauth2.take(kind, shown, id);
  return answer === null ? jsonAnswer(400, { error: 'invalid_request' }) : jsonAnswer(200, answer);
}

function basicOf(exchange: Exchange): [string, string] | null {
  const encoded = /^Basic (.+)$/i.exec(exchange.header('authorization') ?? '')?.[1];
  if (encoded === undefined) return null;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2);
  return [id, secret];
}
