import { Pool } from 'undici';
import { CircuitBreaker } from './circuit-breaker.ts';
import { Bulkhead } from './bulkhead.ts';
import { guardedConnector, type ConnectorOptions } from './guarded-connector.ts';
import type { Counters } from '../ephemeral/counters.port.ts';
import { UpstreamBackoff } from './upstream-backoff.ts';
import type { UpstreamPolicy, UpstreamTrust } from './upstream.policy.ts';

/** Connections, slots and health of one upstream under one policy. */
export interface Upstream {
  readonly dispatcher: Pool;
  readonly bulkhead: Bulkhead;
  readonly breaker: CircuitBreaker;
  readonly backoff: UpstreamBackoff;
}

/** What every connection needs, whoever it goes to. */
export interface ConnectionParts extends Omit<ConnectorOptions, 'trust'> {
  readonly counters: Counters | undefined;
}

/** Below the 5 s after which Apache closes an idle connection. */
const KEEP_ALIVE_MS = 3_500;
const MAX_UPSTREAMS = 128;

/** Keeps one upstream per policy name, origin and trust; the one created first makes room when users name too many. */
export class UpstreamPool {
  private readonly upstreams = new Map<string, Upstream>();

  constructor(private readonly parts: ConnectionParts) {}

  get(policy: UpstreamPolicy, trust: UpstreamTrust): Upstream {
    const key = `${policy.name} ${policy.origin} ${trust}`;
    const known = this.upstreams.get(key);
    if (known) return known;
    if (this.upstreams.size >= MAX_UPSTREAMS) this.dropOldest();
    const created = this.create(policy, trust);
    this.upstreams.set(key, created);
    return created;
  }

  /** Breaks off what is running and closes every connection. */
  async close(): Promise<void> {
    const open = [...this.upstreams.values()];
    this.upstreams.clear();
    await Promise.all(open.map(({ dispatcher }) => dispatcher.destroy()));
  }

  private create(policy: UpstreamPolicy, trust: UpstreamTrust): Upstream {
    return {
      dispatcher: new Pool(policy.origin, {
        connect: guardedConnector(policy, { ...this.parts, trust }),
        connections: policy.concurrency,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        // Time is kept by CallDeadline, exchange and guardedBody, which know why they wait.
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: 32 * 1_024,
      }),
      bulkhead: new Bulkhead(policy),
      breaker: new CircuitBreaker({
        upstream: policy.name,
        threshold: policy.breakerThreshold,
        openMs: policy.breakerOpenMs,
      }),
      backoff: new UpstreamBackoff(policy, this.parts.counters),
    };
  }

  private dropOldest(): void {
    const [key, oldest] = this.upstreams.entries().next().value ?? [];
    if (key === undefined || !oldest) return;
    this.upstreams.delete(key);
    void oldest.dispatcher.close();
  }
}
