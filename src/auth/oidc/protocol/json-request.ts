import { readBytes } from '../../../outbound/bounded-read.ts';
import type { OutboundClient } from '../../../outbound/outbound.client.ts';
import { defineUpstreamPolicy, type UpstreamPolicy } from '../../../outbound/upstream.policy.ts';
import { isDomainError } from '../../../problem/domain-error.ts';
import { OidcError } from '../../identities/oidc.errors.ts';

/** All requests of one step of a sign-on together, in milliseconds. */
const STEP_TIMEOUT_MS = 4_500;
const PER_ORIGIN = 32;

/** One request to a provider. */
export interface JsonRequestOptions {
  readonly url: string;
  /** Sent as a form with POST; without it the request is a GET. */
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** An answer in JSON. */
export interface JsonResponse {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Asks providers for JSON, through the one way out: no redirects, guarded addresses, bounded time and size. */
export class JsonRequest {
  constructor(private readonly outbound: OutboundClient) {}

  /** The time that one step may take; share it between the requests of the step. */
  deadline(): AbortSignal {
    return AbortSignal.timeout(STEP_TIMEOUT_MS);
  }

  /**
   * @throws OidcError `provider-unreachable`, `provider-timeout`, `provider-answer` (a redirect, no JSON object, too
   *   large, cut off)
   */
  async send({ url, form, authorization, maxBytes, signal }: JsonRequestOptions): Promise<JsonResponse> {
    const policy = policyOf(url);
    try {
      const response = await this.outbound.request(policy, {
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
      throw error instanceof OidcError ? error : failureOf(error, signal);
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
    evaluateFailure: () => 'answer',
  });
}

function objectOf(bytes: Buffer, contentType = ''): Readonly<Record<string, unknown>> {
  if (!/^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(contentType.trim())) throw new OidcError('provider-answer');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new OidcError('provider-answer');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new OidcError('provider-answer');
  return value as Readonly<Record<string, unknown>>;
}

function failureOf(error: unknown, signal: AbortSignal): OidcError {
  if (signal.aborted || isDomainError(error, 'upstream-timeout')) return new OidcError('provider-timeout');
  const isWrong = isDomainError(error, 'upstream-protocol-error', 'upstream-misconfigured', 'upstream-refused-address');
  if (isWrong) return new OidcError('provider-answer');
  if (isDomainError(error)) return new OidcError('provider-unreachable');
  return new OidcError('provider-answer', { cause: error });
}
