import { htmlAnswer, jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { randomToken } from './accounts.ts';
import type { ServerClock } from './clock.ts';
import type { Exchange } from './exchange.ts';
import type { ServerState } from './server-state.ts';

const TOKEN_LENGTH = 128;
const LIFETIME_MS = 1200 * 1000;

interface Flow {
  readonly pollToken: string;
  readonly loginToken: string;
  readonly clientName: string;
  /** The base URL of the start request: what the granted answer names as the server. */
  readonly server: string;
  readonly expiresAtMs: number;
  granted: { loginName: string; appPassword: string } | null;
}

/** Login Flow v2: a browser grants, a poller fetches the app password exactly once. */
export class LoginFlows {
  readonly #clock: ServerClock;
  readonly #flows: Flow[] = [];

  constructor(clock: ServerClock) {
    this.#clock = clock;
  }

  start(clientName: string, server: string): Flow {
    const expiresAtMs = this.#clock.nowMs() + LIFETIME_MS;
    const flow: Flow = {
      pollToken: randomToken(TOKEN_LENGTH),
      loginToken: randomToken(TOKEN_LENGTH),
      clientName,
      server,
      expiresAtMs,
      granted: null,
    };
    this.#flows.push(flow);
    return flow;
  }

  /** @param loginUrlOrToken the `login` URL, its last segment or the poll token */
  find(loginUrlOrToken: string): Flow | null {
    const token = loginUrlOrToken.split('/').at(-1) ?? '';
    const now = this.#clock.nowMs();
    return (
      this.#flows.find((it) => (it.loginToken === token || it.pollToken === token) && it.expiresAtMs > now) ?? null
    );
  }

  /** @returns the granted credential and forgets it; null when not granted, unknown, expired or fetched before. */
  take(pollToken: string): Flow | null {
    const now = this.#clock.nowMs();
    const index = this.#flows.findIndex(
      (it) => it.pollToken === pollToken && it.granted !== null && it.expiresAtMs > now,
    );
    return this.#flows.splice(index, index < 0 ? 0 : 1)[0] ?? null;
  }
}

/** Answers the routes below `/login/v2`; null when the path is none of them. */
export async function answerLoginFlow(exchange: Exchange, state: ServerState): Promise<Answer | null> {
  const path = exchange.path.replace(/^\/index\.php/, '');
  if (path === '/login/v2' || path === '/login/v2/poll') {
    if (exchange.method !== 'POST') return { status: 405, headers: { 'Content-Type': 'text/html; charset=UTF-8' } };
    return path === '/login/v2' ? start(exchange, state) : poll(exchange, state);
  }
  if (path.startsWith('/login/v2/flow/') && exchange.method === 'GET') {
    return state.loginFlows.find(path) === null
      ? htmlAnswer(403, 'Access forbidden')
      : htmlAnswer(200, 'Connect to your account');
  }
  return null;
}

async function start(exchange: Exchange, state: ServerState): Promise<Answer> {
  await exchange.readBody();
  const flow = state.loginFlows.start(exchange.header('user-agent') ?? '', exchange.baseUrl);
  return jsonAnswer(200, {
    poll: { token: flow.pollToken, endpoint: `${exchange.baseUrl}/login/v2/poll` },
    login: `${exchange.baseUrl}/login/v2/flow/${flow.loginToken}`,
  });
}

async function poll(exchange: Exchange, state: ServerState): Promise<Answer> {
  const token = (await exchange.readFields()).get('token');
  if (token === undefined) return htmlAnswer(500, 'Internal Server Error');
  const granted = state.loginFlows.take(token);
  if (granted?.granted == null) return jsonAnswer(404, []);
  return jsonAnswer(200, { server: granted.server, ...granted.granted });
}
