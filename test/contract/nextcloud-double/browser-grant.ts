import { send } from './raw-http.ts';
import type { RawAnswer } from './raw-http.ts';

/** Follows Login Flow v2 as a browser does: login form, then the "Grant access" form. */
export async function grantInBrowser(loginUrl: string, user: { uid: string; password: string }): Promise<void> {
  const browser = new Browser(new URL(loginUrl).origin);
  const start = await browser.get(loginUrl);
  const grantPath = linkTo(start, /action="([^"]*\/login\/v2\/grant[^"]*)"/);
  const login = await browser.get(grantPath);
  await browser.post('/index.php/login', {
    user: user.uid,
    password: user.password,
    requesttoken: requestToken(login),
    timezone: 'UTC',
    timezone_offset: '0',
  });
  const grant = await browser.get(grantPath);
  const stateToken = new URL(grantPath, loginUrl).searchParams.get('stateToken') ?? '';
  const granted = await browser.post('/index.php/login/v2/grant', { stateToken, requesttoken: requestToken(grant) });
  if (granted.status !== 200) throw new Error(`Granting failed: ${granted.status} ${granted.text.slice(0, 300)}`);
}

class Browser {
  readonly #cookies = new Map<string, string>();

  constructor(private readonly origin: string) {}

  async get(target: string): Promise<RawAnswer> {
    return this.#go(target, {});
  }

  async post(target: string, fields: Record<string, string>): Promise<RawAnswer> {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: this.origin };
    return this.#go(target, { method: 'POST', headers, body: new URLSearchParams(fields).toString() });
  }

  async #go(
    target: string,
    request: { method?: string; headers?: Record<string, string>; body?: string },
  ): Promise<RawAnswer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await send(new URL(target, this.origin).href, {
      ...request,
      headers: { Accept: 'text/html', ...request.headers, ...(cookie === '' ? {} : { Cookie: cookie }) },
    });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    const { location } = answer.headers;
    return location !== undefined && answer.status >= 300 && answer.status < 400 ? this.get(location) : answer;
  }
}

function linkTo(page: RawAnswer, pattern: RegExp): string {
  const link = pattern.exec(page.text)?.[1];
  if (link === undefined) throw new Error(`No such link in: ${page.status} ${page.text.slice(0, 300)}`);
  return link.replaceAll('&amp;', '&');
}

function requestToken(page: RawAnswer): string {
  const token = /data-requesttoken="([^"]+)"/.exec(page.text)?.[1];
  if (token === undefined) throw new Error(`No request token in: ${page.status} ${page.text.slice(0, 300)}`);
  return token;
}
