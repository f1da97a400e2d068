import { Injectable } from '@nestjs/common';
import { StorageConfig } from '../config/storage.config.ts';
import { OutboundClient } from '../outbound/outbound.client.ts';
import { defineUpstreamPolicy } from '../outbound/upstream.policy.ts';
import { DomainError } from '../problem/domain-error.ts';
import { DependencyProbe, type ProbeOutcome } from './dependency-probe.port.ts';

const OK = 200;

/** Qdrant, by its own readiness page. */
@Injectable()
export class QdrantProbe extends DependencyProbe {
  readonly key = 'qdrant';
  readonly isRequired = false;
  readonly #url: string | undefined;

  constructor(
    private readonly outbound: OutboundClient,
    config: StorageConfig,
  ) {
    super();
    this.#url = config.qdrantUrl;
  }

  async probe(signal: AbortSignal): Promise<ProbeOutcome> {
    if (this.#url === undefined) return 'not_configured';
    const policy = defineUpstreamPolicy({
      name: 'qdrant',
      origin: new URL(this.#url).origin,
      trust: 'operator',
      maxReadRetries: 0,
    });
    const response = await this.outbound.request(policy, {
      method: 'GET',
      url: `${this.#url.replace(/\/+$/, '')}/readyz`,
      signal,
    });
    response.discard();
    if (response.status !== OK)
      throw new DomainError('upstream-unavailable', { logContext: { upstreamStatus: response.status } });
    return 'up';
  }
}
