import { DomainError } from '../../problem/domain-error.ts';
import type { UpstreamPolicy } from '../../outbound/upstream.policy.ts';
import type { OutboundClient } from '../../outbound/outbound.client.ts';
import { LoginFlowClient } from './login-flow.client.ts';
import { nextcloudPolicy } from '../dav/nextcloud.policy.ts';
import { OcsClient } from '../ocs/protocol/ocs.client.ts';
import type { NextcloudEndpoint } from '../ocs/protocol/ocs.transport.ts';
import { WebdavFilesClient } from '../webdav/protocol/webdav-files.client.ts';
import { WebdavQueriesClient } from '../webdav/protocol/webdav-queries.client.ts';
import { WebdavTransfersClient } from '../webdav/protocol/webdav-transfers.client.ts';
import { WebdavWritesClient } from '../webdav/protocol/webdav-writes.client.ts';

const CLIENT_NAME = 'VoiceAssist';
/** Content on its way to or from a client, who may be slow, has slots of its own: it never keeps the others waiting. */
const TRANSFERS = { name: 'nextcloud-transfers', concurrency: 16, headersTimeoutMs: 60_000 };

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
  readonly files: WebdavFilesClient;
  readonly queries: WebdavQueriesClient;
  readonly writes: WebdavWritesClient;
  readonly transfers: WebdavTransfersClient;
}

/** The Nextcloud of the operator and the clients of its protocols. */
export class NextcloudServer {
  readonly #clients: Clients | undefined;

  constructor(outbound: OutboundClient, { url, publicUrl, budget }: NextcloudAddresses) {
    if (url === undefined) return;
    const baseUrl = url.replace(/\/+$/, '');
    const policy = nextcloudPolicy(baseUrl, budget);
    const endpoint = { outbound, policy, baseUrl };
    this.#clients = {
      endpoint,
      ocs: new OcsClient(endpoint),
      loginFlow: new LoginFlowClient({ ...endpoint, publicBaseUrl: publicUrl ?? baseUrl, clientName: CLIENT_NAME }),
      files: new WebdavFilesClient(outbound, policy),
      queries: new WebdavQueriesClient(outbound, policy),
      writes: new WebdavWritesClient(outbound, policy),
      transfers: new WebdavTransfersClient(outbound, nextcloudPolicy(baseUrl, TRANSFERS)),
    };
  }

  get isConfigured(): boolean {
    return this.#clients !== undefined;
  }

  /** @throws DomainError `nextcloud-not-configured` */
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

  /** @throws DomainError `nextcloud-not-configured` */
  get files(): WebdavFilesClient {
    return this.#configured().files;
  }

  /** @throws DomainError `nextcloud-not-configured` */
  get queries(): WebdavQueriesClient {
    return this.#configured().queries;
  }

  /** @throws DomainError `nextcloud-not-configured` */
  get writes(): WebdavWritesClient {
    return this.#configured().writes;
  }

  /** @throws DomainError `nextcloud-not-configured` */
  get transfers(): WebdavTransfersClient {
    return this.#configured().transfers;
  }

  #configured(): Clients {
    if (this.#clients === undefined) throw new DomainError('nextcloud-not-configured');
    return this.#clients;
  }
}
