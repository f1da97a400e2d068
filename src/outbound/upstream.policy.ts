import { DomainError } from '../problem/domain-error.ts';
import type { ProblemCode } from '../problem/problem-codes.ts';
import { retryAfterBackoff, type Backoff, type BackoffRequest } from './retry-after.ts';

/** Who chose the host: the operator (configuration) or a user (a form field). */
export type UpstreamTrust = 'operator' | 'user';

/** The facts of a failed answer that decide what happens next; `bodyText` is at most 64 KiB. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

/**
 * What an answer of 500, 502, 503 or 504 means.
 * - `retry`: a short trouble; a read is repeated, and it counts towards the circuit breaker
 * - `outage`: no use in repeating now, but it counts towards the circuit breaker
 * - `maintenance`: the same, and the server says why
 * - `answer`: it concerns this one request; hand it to the caller and leave the breaker alone
 */
export type FailureVerdict = 'retry' | 'outage' | 'maintenance' | 'answer';

/** Everything that may differ between two upstream servers. Redirects are never followed, whatever the policy. */
export interface UpstreamPolicy {
  /** Short name for audit and metrics, for example `nextcloud`. */
  readonly name: string;
  /** Scheme, host and port that requests are pinned to, in the form of `URL.origin`. */
  readonly origin: string;
  readonly trust: UpstreamTrust;
  /** Name look-up, TCP and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** From sending the request to the end of the response header, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Whole call with waiting, retries and the body, in milliseconds. */
  readonly totalTimeoutMs: number;
  /** Longest wait for the next piece of a body, in milliseconds; also the window in which the rate is measured. */
  readonly idleBodyTimeoutMs: number;
  /** Slowest body accepted, in bytes per second of waiting; a slow reader on our side does not count. */
  readonly minBodyBytesPerSecond: number;
  /** Largest body after decompression, in bytes. */
  readonly maxBodyBytes: number;
  /** Requests at the same time. */
  readonly concurrency: number;
  /** Requests that may wait for a free slot; the next one is refused with `upstream-busy`. */
  readonly maxQueued: number;
  /** Of one caller at the same time, see OutboundRequest; calls without one share all slots. */
  readonly callerConcurrency: number;
  /** Requests of one caller that may wait, of those that somebody waits for and of those in the background each. */
  readonly callerMaxQueued: number;
  /** Repeats of a read (GET, HEAD, OPTIONS, PROPFIND, REPORT, SEARCH) after a reset, 502, 503 or 504. */
  readonly maxReadRetries: number;
  /** Consecutive failures after which the upstream is left alone. */
  readonly breakerThreshold: number;
  /** How long the upstream is left alone before one request may try again, in milliseconds. */
  readonly breakerOpenMs: number;
  readonly evaluateFailure: (answer: FailedAnswer) => FailureVerdict;
  /** How long an answer of 429 or 503 asks to be left alone; at most an hour is heeded. Default: as Retry-After says. */
  readonly backoffOf: (answer: BackoffRequest) => Backoff | null;
  /** Channels on which all processes back off together, with the problem that is answered meanwhile. Default none. */
  readonly sharedChannels: Readonly<Record<string, ProblemCode>>;
}

const INTERNAL_ERROR = 500;

const DEFAULTS = {
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 30_000,
  totalTimeoutMs: 120_000,
  idleBodyTimeoutMs: 10_000,
  minBodyBytesPerSecond: 1_024,
  maxBodyBytes: 16 * 1_024 * 1_024,
  concurrency: 4,
  maxQueued: 256,
  callerConcurrency: 4,
  callerMaxQueued: 64,
  maxReadRetries: 2,
  breakerThreshold: 5,
  breakerOpenMs: 5_000,
  evaluateFailure: ({ status }: FailedAnswer): FailureVerdict => (status === INTERNAL_ERROR ? 'answer' : 'retry'),
  backoffOf: retryAfterBackoff,
  sharedChannels: {},
};

/** The fields without a default, and any of the others. */
export type UpstreamPolicyInput = Pick<UpstreamPolicy, 'name' | 'origin' | 'trust'> & Partial<UpstreamPolicy>;

/**
 * Completes a policy: 5 s to connect, 30 s for the header, 120 s in all, 10 s between two pieces of a body, 1 KiB/s,
 * 16 MiB, 4 at a time and of one caller, 256 waiting and 64 of one caller, 2 repeats, breaker after 5 failures for 5 s.
 * @throws {TypeError} when `origin` is not an http or https URL
 */
export function defineUpstreamPolicy(input: UpstreamPolicyInput): UpstreamPolicy {
  const url = new URL(input.origin);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('An upstream speaks http or https');
  return { ...DEFAULTS, ...input, origin: url.origin };
}

/**
 * Checks that a URL stays on the pinned origin, before anything is resolved or sent.
 * @throws {DomainError} `upstream-misconfigured` for another origin, another scheme or user information in the URL
 */
export function pinnedTarget(policy: UpstreamPolicy, text: string): URL {
  const url = URL.parse(text);
  if (!url) throw refusal(policy, 'url-unparsable');
  if (url.username !== '' || url.password !== '') throw refusal(policy, 'userinfo-in-url');
  if (url.origin !== policy.origin) throw refusal(policy, 'foreign-origin');
  return url;
}

function refusal(policy: UpstreamPolicy, reason: string): DomainError {
  return new DomainError('upstream-misconfigured', { logContext: { upstream: policy.name, reason } });
}
