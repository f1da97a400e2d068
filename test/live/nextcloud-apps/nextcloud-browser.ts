import { request } from 'node:http';

/** An answer of Nextcloud to a browser. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What goes along with a request. */
interface PageRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Somebody who is signed in to a Nextcloud with a password, as far as cookies and request tokens go. */
export class NextcloudBrowser {
  readonly #cookies = new Map<string, string>();
  #requestToken = '';

  constructor(private readonly origin: string) {}

  /** Signs in with the form. */
  async signIn(user: string, password: string): Promise<void> {
    await this.page('/index.php/login');
    const fields = { user, password, requesttoken: this.#requestToken, timezone: 'UTC', timezone_offset: '0' };
    const answer = await this.send('/index.php/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.origin },
      body: new URLSearchParams(fields).toString(),
    });
    if (answer.status !== 303) throw new Error(`login: ${answer.status} ${answer.text.slice(0, 200)}`);
  }

  /** Opens a page and remembers its request token. */
  async page(path: string): Promise<PageAnswer> {
    const answer = await this.send(path, { headers: { accept: 'text/html' } });
    this.#requestToken = /data-requesttoken="([^"]+)"/.exec(answer.text)?.[1] ?? this.#requestToken;
    return answer;
  }

  /** Calls a route as the script of a page does: with the request token. */
  async call(method: string, path: string, json?: unknown): Promise<PageAnswer> {
    return this.send(path, {
      method,
      headers: { requesttoken: this.#requestToken, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
  }

  /** What it takes to be signed in elsewhere. */
  cookies(): { name: string; value: string; url: string }[] {
    return [...this.#cookies].map(([name, value]) => ({ name, value: decodeURIComponent(value), url: this.origin }));
  }

  /** One request with the cookies of this browser, and nothing else that it was not given. */
  async send(path: string, { method = 'GET', headers = {}, body = '' }: PageRequest = {}): Promise<PageAnswer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return new Promise((resolve, reject) => {
      const sent = request(this.origin + path, { method, agent: false, headers: { ...headers, cookie } }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece: string) => (text += piece));
        answer.on('error', reject);
        answer.on('end', () => {
          for (const line of answer.headers['set-cookie'] ?? []) {
            const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            this.#cookies.set(name, value);
          }
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
