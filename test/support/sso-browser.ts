import type { Answer } from './api.ts';
import type { ScriptedIssuer } from './scripted-provider.ts';
import type { TestApp } from './test-app.ts';

/** A browser on its way through a single sign-on: keeps cookies, follows nothing by itself. */
export class SsoBrowser {
  readonly #url: string;
  readonly cookies = new Map<string, string>();

  constructor({ url }: Pick<TestApp, 'url'>) {
    this.#url = url;
  }

  /** @param target a path of the server, or a URL that leads to it under whatever host */
  async open(target: string): Promise<Answer> {
    const { pathname, search } = new URL(target, this.#url);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(this.#url + pathname + search, { redirect: 'manual', headers: { cookie } });
    for (const each of response.headers.getSetCookie()) this.#keep(each);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const body = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body, text };
  }

  /** Begins a sign-on. @returns the authorization URL */
  async begin(provider: string, query = ''): Promise<string> {
    const answer = await this.open(`/api/auth/oidc/${provider}/login${query}`);
    if (answer.status !== 302) throw new Error(`login: ${answer.status} ${answer.text}`);
    return answer.headers.get('location') ?? '';
  }

  /** A whole sign-on with a scripted issuer, up to the answer of the callback. */
  async signOn(provider: string, issuer: ScriptedIssuer, query = ''): Promise<Answer> {
    return this.open(issuer.logIn(await this.begin(provider, query)).href);
  }

  #keep(setCookie: string): void {
    const [pair = ''] = setCookie.split(';');
    const name = pair.slice(0, pair.indexOf('='));
    if (/max-age=0/i.test(setCookie)) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(pair.indexOf('=') + 1));
  }
}

/** The parameter of a Location field, from its query or its fragment. */
export function landed({ headers }: Pick<Answer, 'headers'>, name: string): string | null {
  const url = new URL(headers.get('location') ?? 'about:blank');
  return url.searchParams.get(name) ?? new URLSearchParams(url.hash.slice(1)).get(name);
}
