// An OpenID provider whose every answer a test may spoil: many issuers behind one port, each under a path of its own.
import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const CLIENT_ID = 'voiceassist';
const CLIENT_SECRET = 'a-client-secret-of-the-tests-0123456789';

/** Answers a request in any way a test wants; returns false to leave it to the provider. */
export type Spoil = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What the provider of one issuer does differently; functions get what it would have said. */
export interface Script {
  /** Claims of the ID token; a claim that is undefined is left out. */
  readonly claims?: (claims: Record<string, unknown>) => Record<string, unknown>;
  readonly header?: (header: Record<string, unknown>) => Record<string, unknown>;
  /** The finished ID token. */
  readonly idToken?: (token: string, issuer: ScriptedIssuer) => unknown;
  readonly tokens?: (answer: Record<string, unknown>) => Record<string, unknown>;
  readonly userinfo?: (claims: Record<string, unknown>) => Record<string, unknown>;
  readonly discovery?: (document: Record<string, unknown>) => Record<string, unknown>;
  readonly jwks?: (document: { keys: Record<string, unknown>[] }) => Record<string, unknown>;
  readonly spoil?: Partial<Record<Endpoint, Spoil>>;
}

/** The pages of an issuer that the server asks. */
export type Endpoint = 'discovery' | 'jwks' | 'token' | 'userinfo';

/** A person at the provider. */
export interface Person {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: unknown;
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly sid?: string;
}

interface Grant {
  readonly person: Person;
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

/** One issuer of the scripted provider. */
export class ScriptedIssuer {
  /** Who logs in next. */
  person: Person = { sub: 'somebody' };
  script: Script = {};
  readonly asked: Record<Endpoint, number> = { discovery: 0, jwks: 0, token: 0, userinfo: 0 };
  kid = 'key-1';
  privateKey: KeyObject;
  publicKey: KeyObject;
  lastTokenRequest = new URLSearchParams();
  lastAuthorization: string | undefined;
  readonly #grants = new Map<string, Grant>();
  readonly #subjects = new Map<string, Person>();

  constructor(readonly url: string) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** The person logs in at an authorization URL. @returns where the browser is sent back to */
  logIn(authorizationUrl: string, person = this.person): URL {
    const { searchParams } = new URL(authorizationUrl);
    const code = randomUUID();
    const redirectUri = searchParams.get('redirect_uri') ?? '';
    this.#grants.set(code, {
      person,
      nonce: searchParams.get('nonce') ?? '',
      challenge: searchParams.get('code_challenge') ?? '',
      redirectUri,
    });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', searchParams.get('state') ?? '');
    return back;
  }

  /** A signed token of this issuer. */
  signed(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
    const head = { alg: 'RS256', kid: this.kid, typ: 'JWT', ...header };
    const input = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${input}.${sign('sha256', Buffer.from(input), this.privateKey).toString('base64url')}`;
  }

  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const endpoint = ENDPOINTS[path];
    if (endpoint === undefined) {
      response.writeHead(404).end();
      return;
    }
    this.asked[endpoint] += 1;
    if (this.script.spoil?.[endpoint]?.(request, response) === true) return;
    const [status, value] = await this.#value(endpoint, request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }

  async #value(endpoint: Endpoint, request: IncomingMessage): Promise<[number, unknown]> {
    switch (endpoint) {
      case 'discovery':
        return [200, this.#discovery()];
      case 'jwks': {
        const key = { ...this.publicKey.export({ format: 'jwk' }), kid: this.kid, use: 'sig', alg: 'RS256' };
        return [200, this.script.jwks?.({ keys: [key] }) ?? { keys: [key] }];
      }
      case 'token':
        return this.#token(request);
      case 'userinfo': {
        const person = this.#subjects.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
        if (person === undefined) return [401, { error: 'invalid_token' }];
        const claims = { ...person };
        return [200, this.script.userinfo?.(claims) ?? claims];
      }
    }
  }

  #discovery(): Record<string, unknown> {
    const document = {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      userinfo_endpoint: `${this.url}/userinfo`,
      jwks_uri: `${this.url}/jwks`,
      end_session_endpoint: `${this.url}/logout`,
      id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    };
    return this.script.discovery?.(document) ?? document;
  }

  async #token(request: IncomingMessage): Promise<[number, unknown]> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    this.lastTokenRequest = form;
    this.lastAuthorization = request.headers.authorization;
    const accessToken = randomUUID();
    if (form.get('grant_type') === 'refresh_token') {
      const renewed = { access_token: accessToken, token_type: 'Bearer', expires_in: 600, refresh_token: randomUUID() };
      return [200, this.script.tokens?.(renewed) ?? renewed];
    }
    const grant = this.#grants.get(form.get('code') ?? '');
    this.#grants.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isGood = grant?.challenge === challenge && grant.redirectUri === form.get('redirect_uri');
    if (grant === undefined || !isGood) return [400, { error: 'invalid_grant' }];
    this.#subjects.set(accessToken, grant.person);
    const answer = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: randomUUID(),
      id_token: this.#idToken(grant, accessToken),
    };
    return [200, this.script.tokens?.(answer) ?? answer];
  }

  #idToken({ person, nonce }: Grant, accessToken: string): unknown {
    const now = Math.floor(Date.now() / 1000);
    const hash = createHash('sha256').update(accessToken).digest();
    const claims = {
      iss: this.url,
      aud: CLIENT_ID,
      exp: now + 300,
      iat: now,
      nonce,
      at_hash: hash.subarray(0, 16).toString('base64url'),
      ...person,
    };
    const token = this.signed(this.script.claims?.(claims) ?? claims, this.script.header?.({}) ?? {});
    return this.script.idToken === undefined ? token : this.script.idToken(token, this);
  }
}

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/.well-known/openid-configuration': 'discovery',
  '/jwks': 'jwks',
  '/token': 'token',
  '/userinfo': 'userinfo',
};

/** Issuers behind one port of the loopback interface. */
export class ScriptedProvider {
  readonly #issuers = new Map<string, ScriptedIssuer>();
  readonly #origin: string;

  private constructor(private readonly server: Server) {
    this.#origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      response.on('error', () => undefined);
      const [, name = '', ...rest] = (request.url ?? '/').split('?')[0]?.split('/') ?? [];
      const issuer = this.#issuers.get(name);
      if (issuer === undefined) response.writeHead(404).end();
      else void issuer.answer(`/${rest.join('/')}`, request, response);
    });
  }

  static async start(): Promise<ScriptedProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedProvider(server);
  }

  /** @param name of the issuer, and of the provider in the configuration */
  issuer(name: string): ScriptedIssuer {
    const known = this.#issuers.get(name) ?? new ScriptedIssuer(`${this.#origin}/${name}`);
    this.#issuers.set(name, known);
    return known;
  }

  /** Variables of the environment that make the server use these issuers. */
  environment(names: readonly string[]): Record<string, string> {
    const variables = names.flatMap((name): [string, string][] => {
      const prefix = `OIDC_${name.toUpperCase().replaceAll('-', '_')}`;
      return [
        [`${prefix}_ISSUER`, this.issuer(name).url],
        [`${prefix}_CLIENT_ID`, CLIENT_ID],
        [`${prefix}_CLIENT_SECRET`, CLIENT_SECRET],
      ];
    });
    return { OIDC_PROVIDERS: names.join(','), ...Object.fromEntries(variables) };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
