import { lookup } from 'node:dns/promises';
import type { Counters } from '../ephemeral/counters.port.ts';
import { DomainError, isDomainError } from '../problem/domain-error.ts';
import { AddressGuard } from './address-guard.ts';
import { readBeginning } from './bounded-read.ts';
import type { BreakerOutcome } from './circuit-breaker.ts';
import { exchange, type Exchange } from './exchange.ts';
import { peerPins, type ResolveHost } from './guarded-connector.ts';
import type { ExchangeRecord, OutboundRequest, OutboundResponse, TlsRefusal } from './outbound.types.ts';
import { parseRetryAfterMs, pause, retryDelayMs } from './retry-after.ts';
import { SpkiPins } from './spki-pins.ts';
import { outboundSecureContext } from './tls-context.ts';
import { failure, isReset } from './transport-error.ts';
import { pinnedTarget, type FailureVerdict, type UpstreamPolicy, type UpstreamTrust } from './upstream.policy.ts';
import { UpstreamPool, type ConnectionParts, type Upstream } from './upstream.pool.ts';

/** Settings of the one way out. */
export interface OutboundOptions {
  /** Hosts, addresses or CIDR blocks that users may name although they are not public. Default none. */
  readonly allow?: readonly string[];
  /** Origins of the servers in the configuration; these may be private. Default none. */
  readonly operatorOrigins?: readonly string[];
  /** Content of a PEM file with certificates to trust besides the usual ones. */
  readonly caCertificatesPem?: string;
  /** Keys that servers must show, see SpkiPins. Default none. */
  readonly pins?: readonly string[];
  /** Where processes agree to leave an upstream alone. Default: each by itself. */
  readonly counters?: Counters;
  /** Called for every connection that fails because of TLS. */
  readonly onTlsRefusal?: (refusal: TlsRefusal) => void;
  /** Called once per exchange, when its body has ended. */
  readonly onExchange?: (record: ExchangeRecord) => void;
  /** Name look-up; default the operating system's. */
  readonly resolve?: ResolveHost;
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH']);
const FAILURES = new Set([500, 502, 503, 504]);
const OUTCOMES = { answer: 'success', retry: 'failure', outage: 'failure', maintenance: 'maintenance' } as const;
const MAX_ERROR_TEXT_BYTES = 64 * 1_024;

/**
 * The only way out over HTTP: pinned origin, checked address, verified TLS, bounded time and size, bounded
 * concurrency, no redirects, reads repeated a little, a failing upstream left alone.
 */
export class OutboundClient {
  private readonly upstreams: UpstreamPool;
  private readonly parts: ConnectionParts;
  private readonly onTlsRefusal: (refusal: TlsRefusal) => void;
  private readonly operatorOrigins: ReadonlySet<string>;
  private readonly onExchange: (record: ExchangeRecord) => void;

  /** @throws {TypeError} for an unusable allow entry, origin, pin or CA file */
  constructor(options: OutboundOptions = {}) {
    this.operatorOrigins = new Set((options.operatorOrigins ?? []).map((origin) => new URL(origin).origin));
    this.onExchange = options.onExchange ?? (() => undefined);
    this.onTlsRefusal = options.onTlsRefusal ?? (() => undefined);
    this.parts = {
      guard: new AddressGuard(options.allow ?? []),
      secureContext: outboundSecureContext(options.caCertificatesPem),
      pins: new SpkiPins(options.pins),
      resolve: options.resolve ?? systemLookup,
      counters: options.counters,
    };
    this.upstreams = new UpstreamPool(this.parts);
  }

  /**
   * Sends a request and returns as soon as the response header is there; any status but a redirect is returned.
   * @throws {DomainError} `upstream-misconfigured` (redirect, foreign origin), `upstream-refused-address`,
   *   `upstream-tls-failure`, `upstream-timeout`, `upstream-unavailable`, `upstream-protocol-error`, `upstream-busy`
   * @throws the reason of `request.signal` when that fires
   */
  async request(policy: UpstreamPolicy, request: OutboundRequest): Promise<OutboundResponse> {
    const trust = this.trustIn(policy);
    const target = pinnedTarget(policy, request.url);
    const upstream = this.upstreams.get(policy, trust);
    upstream.breaker.assertMayTry();
    const { channel = '' } = request;
    if (request.isProbe !== true) upstream.backoff.assertClear(channel);
    if (upstream.backoff.isShared(channel)) await upstream.backoff.assertClearEverywhere(channel);
    const deadline = new CallDeadline(policy.name, request.totalTimeoutMs ?? policy.totalTimeoutMs, request.signal);
    let leave = (): void => undefined;
    try {
      leave = await upstream.bulkhead.enter(deadline.signal, {
        id: request.callerId,
        isBackground: request.isBackground,
      });
      // While it waited for its slot others may have learned more.
      if (request.isProbe !== true) upstream.backoff.assertClear(channel);
      const { response, settled } = await this.call({ policy, request, target, upstream, signal: deadline.signal });
      void settled.then(() => {
        deadline.clear();
        leave();
      });
      return response;
    } catch (error) {
      deadline.clear();
      leave();
      this.recordTlsRefusal(error, policy);
      throw error;
    }
  }

  /**
   * Pins of the keys in the chain of a server's certificate, its own first, whether or not others are pinned.
   * @throws {DomainError} as `request`
   */
  async spkiPins(policy: UpstreamPolicy): Promise<string[]> {
    return peerPins(policy, { ...this.parts, trust: this.trustIn(policy) });
  }

  /** Breaks off every running call; the client must not be used afterwards. */
  async close(): Promise<void> {
    await this.upstreams.close();
  }

  private trustIn(policy: UpstreamPolicy): UpstreamTrust {
    const trust: UpstreamTrust = this.operatorOrigins.has(policy.origin) ? 'operator' : 'user';
    if (policy.trust === 'operator' && trust === 'user') {
      throw failure('upstream-misconfigured', policy.name, 'not-an-operator-origin');
    }
    return trust;
  }

  private recordTlsRefusal(error: unknown, policy: UpstreamPolicy): void {
    if (!isDomainError(error, 'upstream-tls-failure')) return;
    this.onTlsRefusal({ upstream: policy.name, reason: String(error.options.logContext?.['reason']) });
  }

  private async call(call: Call): Promise<Exchange> {
    const report = call.upstream.breaker.enter();
    let outcome: BreakerOutcome = 'none';
    try {
      const { answer, verdict } = await this.withRepeats(call);
      outcome = OUTCOMES[verdict];
      return answer;
    } catch (error) {
      if (error instanceof DomainError) outcome = countsAsFailure(error) ? 'failure' : 'none';
      throw error;
    } finally {
      report(outcome);
    }
  }

  private async withRepeats(call: Call): Promise<Judged> {
    const { policy, request } = call;
    const isRepeatable = READS.has(request.method) && request.isRepeatable !== false && !isStream(request.body);
    const maxRepeats = isRepeatable ? policy.maxReadRetries : 0;
    for (let attempt = 0; ; attempt += 1) {
      let retryAfterMs: number | null = null;
      try {
        const judged = await this.once(call);
        if (judged.verdict !== 'retry' || attempt >= maxRepeats) return judged;
        retryAfterMs = parseRetryAfterMs(judged.answer.response.headers['retry-after']);
        if (retryDelayMs(attempt, retryAfterMs) === null) return judged;
      } catch (error) {
        if (!(error instanceof DomainError) || !isReset(error) || attempt >= maxRepeats) throw error;
      }
      await pause(retryDelayMs(attempt, retryAfterMs) ?? 0, call.signal);
    }
  }

  private async once(call: Call): Promise<Judged> {
    const { policy, upstream, request } = call;
    const sentAt = performance.now();
    const answer = await exchange({ ...call, dispatcher: upstream.dispatcher, onExchange: this.onExchange });
    const { status, headers, body } = answer.response;
    if (status >= 300 && status < 400 && status !== 304 && request.showsRedirect !== true) {
      answer.response.discard();
      throw failure('upstream-misconfigured', policy.name, 'redirect');
    }
    if (!FAILURES.has(status)) {
      if (status === 429) await this.backOff(call, answer);
      else if (request.isProbe !== true) upstream.backoff.endIfStartedBefore(sentAt);
      return { answer, verdict: 'answer' };
    }
    const bodyText = await readBeginning(body, MAX_ERROR_TEXT_BYTES);
    const verdict = policy.evaluateFailure({ status, headers, bodyText });
    if (verdict !== 'answer') await this.backOff(call, answer);
    return { answer: { ...answer, response: { ...answer.response, body: replay(bodyText) } }, verdict };
  }

  private async backOff({ upstream, policy, request }: Call, { response }: Exchange): Promise<void> {
    const { status, headers } = response;
    const backoff = policy.backoffOf({ status, headers, channel: request.channel ?? '' });
    if (backoff !== null) await upstream.backoff.start(backoff);
  }
}

/** The time a whole call may take, joined with the caller's own signal. Every timer ends with `clear`. */
class CallDeadline {
  readonly signal: AbortSignal;
  private readonly timer: NodeJS.Timeout;

  constructor(upstream: string, totalTimeoutMs: number, callerSignal?: AbortSignal) {
    const controller = new AbortController();
    this.timer = setTimeout(() => controller.abort(failure('upstream-timeout', upstream, 'total')), totalTimeoutMs);
    this.signal = callerSignal ? AbortSignal.any([controller.signal, callerSignal]) : controller.signal;
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}

interface Call {
  readonly policy: UpstreamPolicy;
  readonly request: OutboundRequest;
  readonly target: URL;
  readonly upstream: Upstream;
  readonly signal: AbortSignal;
}

interface Judged {
  readonly answer: Exchange;
  readonly verdict: FailureVerdict;
}

function countsAsFailure(error: DomainError): boolean {
  return (
    error.code === 'upstream-unavailable' || error.code === 'upstream-timeout' || error.code === 'upstream-tls-failure'
  );
}

function isStream(body: OutboundRequest['body']): boolean {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
}

async function* replay(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text, 'utf8'));
}

async function systemLookup(host: string): Promise<string[]> {
  const records = await lookup(host, { all: true, order: 'verbatim' });
  return records.map(({ address }) => address);
}
