import { readBytes } from '../../../outbound/bounded-read.ts';
import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import { defineUpstreamPolicy, type UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import { isDomainError } from '../../../problem/domain-error.ts';
import { SsoFailure } from '../../identities/sso.errors.ts';

/** All requests of one step of a sign-on together, in milliseconds. */
const STEP_TIMEOUT_MS = 4_500;
const PER_ORIGIN = 32;

/** One request to a provider. */
export interface ProviderRequest {
  readonly url: string;
  /** Sent as a form with POST; without it the request is a GET. */
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** An answer in JSON. */
export interface ProviderAnswer {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Asks providers for JSON, through the one way out: no redirects, guarded addresses, bounded time and size. */
export class ProviderHttp {
  readonly #outbound: OutboundClient;

  constructor(outbound: OutboundClient) {
    this.#outbound = outbound;
  }

  /** The time that one step may take; share it between the requests of the step. */
  deadline(): AbortSignal {
    return AbortSignal.timeout(STEP_TIMEOUT_MS);
  }

  /**
   * @throws SsoFailure `provider-unreachable`, `provider-slow`, `provider-answer` (a redirect, no JSON object, too
   *   large, cut off)
   */
  async json({ url, form, authorization, maxBytes, signal }: ProviderRequest): Promise<ProviderAnswer> {
    const policy = policyOf(url);
    try {
      const response = await this.#outbound.request(policy, {
        method: form === undefined ? 'GET' : 'POST',
        url,
        headers: {
          accept: 'application/json',
          ...(authorization !== undefined && { authorization }),
          ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(form !== undefined && { body: new URLSearchParams(form).toString() }),
        isRepeatable: false,
        maxBodyBytes: maxBytes,
        signal,
      });
      const bytes = await readBytes(response.body, maxBytes, policy.name);
      return { status: response.status, value: objectOf(bytes, response.headers['content-type']) };
    } catch (error) {
      throw error instanceof SsoFailure ? error : failureOf(error, signal);
    }
  }
}

function policyOf(url: string): UpstreamPolicy {
  return defineUpstreamPolicy({
    name: 'identity-provider',
    origin: new URL(url).origin,
    // Issuers in the configuration may be private: the client knows their origins. What they point to may not.
    trust: 'user',
    connectTimeoutMs: 3_000,
    headersTimeoutMs: STEP_TIMEOUT_MS,
    totalTimeoutMs: STEP_TIMEOUT_MS,
    idleBodyTimeoutMs: 2_000,
    concurrency: PER_ORIGIN,
    maxReadRetries: 0,
    breakerThreshold: 50,
    judgeFailure: () => 'answer',
  });
}

function objectOf(bytes: Buffer, contentType = ''): Readonly<Record<string, unknown>> {
  if (!/^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(contentType.trim())) throw new SsoFailure('provider-answer');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new SsoFailure('provider-answer');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SsoFailure('provider-answer');
  return value as Readonly<Record<string, unknown>>;
}

function failureOf(error: unknown, signal: AbortSignal): SsoFailure {
  if (signal.aborted || isDomainError(error, 'upstream-timeout')) return new SsoFailure('provider-slow');
  const isWrong = isDomainError(error, 'upstream-protocol-error', 'upstream-misconfigured', 'upstream-refused-address');
  if (isWrong) return new SsoFailure('provider-answer');
  if (isDomainError(error)) return new SsoFailure('provider-unreachable');
  return new SsoFailure('provider-answer', { cause: error });
}
