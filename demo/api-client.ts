/** Shapes of the answers that the demo reads. */
export interface Link {
  readonly link_id: string;
  readonly state: 'pending' | 'linked' | 'expired';
}

export interface Job {
  readonly job_id?: string;
  readonly files_discovered?: number;
  readonly files_indexed?: number;
  readonly files_failed?: number;
  readonly files_skipped?: number;
}

export interface Answer {
  readonly answer: string;
  readonly citations: readonly {
    readonly title: string | null;
    readonly path: string;
    readonly page: number | null;
    readonly quoted_text: string;
  }[];
}

/** A few lines around fetch: JSON in, JSON out, problem details as errors. */
export class ApiClient {
  readonly #baseUrl: string;
  accessToken: string | undefined;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  get<Body>(path: string): Promise<Body> {
    return this.#send<Body>('GET', path);
  }

  post<Body>(path: string, body: object): Promise<Body> {
    return this.#send<Body>('POST', path, body);
  }

  put<Body>(path: string, body: object): Promise<Body> {
    return this.#send<Body>('PUT', path, body);
  }

  async #send<Body>(method: string, path: string, body?: object): Promise<Body> {
    const response = await fetch(this.#baseUrl + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.accessToken !== undefined && { authorization: `Bearer ${this.accessToken}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${String(response.status)}: ${text}`);
    return JSON.parse(text) as Body;
  }
}
