import { readBeginning } from '../../../outbound/bounded-read.ts';
import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import type { UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import { authorizationOf, type NextcloudLogin } from '../../dav/nextcloud-credential.ts';
import { nextcloudPolicy } from '../../dav/nextcloud.policy.ts';

/** One question of the doctor. */
export interface ProbeRequest {
  readonly method?: 'GET' | 'PROPFIND' | 'POST';
  /** Below the base URL, encoded, with query; an absolute URL must be on the same origin. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly login?: NextcloudLogin;
  /** Waits 10 s and not 4: what checks a password may be slow, and a wrong one is answered slowest. */
  readonly isPatient?: boolean;
}

/** An answer as it came: redirects, error pages and all. */
export interface ProbeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly isJson: boolean;
  readonly isHtml: boolean;
  /** At most 1 MiB. */
  readonly bodyText: string;
  /** Where a redirect leads; null without one. */
  readonly location: URL | null;
  /** Our clock when the header came, in milliseconds since 1970. */
  readonly answeredAtMs: number;
}

const MAX_BODY_BYTES = 1_024 * 1_024;
const TIMES = { connectTimeoutMs: 3_000, headersTimeoutMs: 4_000, totalTimeoutMs: 4_500, idleBodyTimeoutMs: 4_000 };

const PATIENT_TIMES = {
  connectTimeoutMs: 3_000,
  headersTimeoutMs: 10_000,
  totalTimeoutMs: 10_500,
  idleBodyTimeoutMs: 4_000,
};

/**
 * Asks a Nextcloud questions the way a doctor does: once, with little patience, without following redirects, and past
 * the circuit breaker of the working connections, because its refusals would hide the reason.
 */
export class DoctorProbe {
  readonly baseUrl: string;
  readonly #policy: UpstreamPolicy;
  readonly #patientPolicy: UpstreamPolicy;
  readonly #statuses: number[] = [];

  constructor(
    private readonly outbound: OutboundClient,
    baseUrl: string,
  ) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    const manners = {
      concurrency: 3,
      maxReadRetries: 0,
      breakerThreshold: Number.MAX_SAFE_INTEGER,
      evaluateFailure: () => 'answer' as const,
    };
    this.#policy = nextcloudPolicy(this.baseUrl, { ...TIMES, ...manners, name: 'nextcloud-doctor' });
    this.#patientPolicy = nextcloudPolicy(this.baseUrl, {
      ...PATIENT_TIMES,
      ...manners,
      name: 'nextcloud-doctor-patient',
    });
  }

  /** Status of every answer so far. */
  get statuses(): readonly number[] {
    return this.#statuses;
  }

  /** Pins of the keys in the chain of the certificate, its own first; of an https address only. */
  pins(): Promise<string[]> {
    return this.outbound.spkiPins(this.#policy);
  }

  /** @throws {DomainError} what the outbound client throws when there is no answer */
  async ask({
    method = 'GET',
    path,
    headers = {},
    body,
    login,
    isPatient = false,
  }: ProbeRequest): Promise<ProbeAnswer> {
    const url = path.startsWith('/') ? this.baseUrl + path : path;
    const response = await this.outbound.request(isPatient ? this.#patientPolicy : this.#policy, {
      method,
      url,
      headers: { ...headers, ...(login && { authorization: authorizationOf(login) }) },
      ...(body !== undefined && { body }),
      isRepeatable: false,
      showsRedirect: true,
      isProbe: true,
      ...(login?.scheme === 'basic' && { channel: 'basic' }),
    });
    const answeredAtMs = Date.now();
    this.#statuses.push(response.status);
    const contentType = response.headers['content-type'] ?? '';
    const location = response.headers['location'];
    return {
      status: response.status,
      headers: response.headers,
      isJson: /\bjson\b/i.test(contentType),
      isHtml: /\bhtml\b/i.test(contentType),
      bodyText: await readBeginning(response.body, MAX_BODY_BYTES),
      location: location === undefined ? null : URL.parse(location, url),
      answeredAtMs,
    };
  }
}
