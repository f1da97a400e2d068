import { DomainError } from '../../problem/domain-error.ts';
import type { UpstreamPolicy } from '../../outbound/upstream.policy.ts';
import type { OutboundClient } from '../../outbound/outbound.client.ts';
import { nextcloudPolicy } from '../dav/nextcloud.policy.ts';
import { LoginFlowClient } from './login-flow.client.ts';
import { OcsClient } from './ocs.client.ts';
import type { NextcloudEndpoint } from './ocs.transport.ts';

const CLIENT_NAME = 'VoiceAssist';

/** Addresses of the operator's Nextcloud. */
export interface NextcloudAddresses {
  /** As this server reaches it; undefined when none is configured. */
  readonly url: string | undefined;
  /** As browsers reach it. */
  readonly publicUrl: string | undefined;
  /** How many requests at a time, in all and of one user. Default that of the policy. */
  readonly budget?: Pick<UpstreamPolicy, 'concurrency' | 'callerConcurrency' | 'callerMaxQueued'>;
}

interface Clients {
  readonly endpoint: NextcloudEndpoint;
  readonly ocs: OcsClient;
  readonly loginFlow: LoginFlowClient;
}

/** The Nextcloud of the operator: how it is reached, and what it answers about itself and about who logs in. */
export class NextcloudServer {
  readonly #clients: Clients | undefined;

  constructor(outbound: OutboundClient, { url, publicUrl, budget }: NextcloudAddresses) {
    if (url === undefined) return;
    const baseUrl = url.replace(/\/+$/, '');
    const endpoint = { outbound, policy: nextcloudPolicy(baseUrl, budget), baseUrl };
    this.#clients = {
      endpoint,
      ocs: new OcsClient(endpoint),
      loginFlow: new LoginFlowClient({ ...endpoint, publicBaseUrl: publicUrl ?? baseUrl, clientName: CLIENT_NAME }),
    };
  }

  get isConfigured(): boolean {
    return this.#clients !== undefined;
  }

  /** For the clients of a protocol. @throws DomainError `nextcloud-not-configured` */
  get endpoint(): NextcloudEndpoint {
    return this.#configured().endpoint;
  }

  /** @throws DomainError `nextcloud-not-configured` */
  get ocs(): OcsClient {
    return this.#configured().ocs;
  }

  /** @throws DomainError `nextcloud-not-configured` */
  get loginFlow(): LoginFlowClient {
    return this.#configured().loginFlow;
  }

  #configured(): Clients {
    if (this.#clients === undefined) throw new DomainError('nextcloud-not-configured');
    return this.#clients;
  }
}
