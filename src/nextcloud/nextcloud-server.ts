import { DomainError } from '../problem/domain-error.ts';
import type { OutboundClient } from '../outbound/outbound.client.ts';
import { LoginFlowClient } from './account/protocol/login-flow.client.ts';
import { nextcloudPolicy } from './dav/nextcloud.policy.ts';
import { OcsClient } from './ocs/protocol/ocs.client.ts';
import type { NextcloudEndpoint } from './ocs/protocol/ocs.transport.ts';
import { WebdavFilesClient } from './webdav/protocol/webdav-files.client.ts';

const CLIENT_NAME = 'VoiceAssist';

/** Addresses of the operator's Nextcloud. */
export interface NextcloudAddresses {
  /** As this server reaches it; undefined when none is configured. */
  readonly url: string | undefined;
  /** As browsers reach it. */
  readonly publicUrl: string | undefined;
}

interface Clients {
  readonly endpoint: NextcloudEndpoint;
  readonly ocs: OcsClient;
  readonly loginFlow: LoginFlowClient;
  readonly files: WebdavFilesClient;
}

/** The Nextcloud of the operator and the clients of its protocols. */
export class NextcloudServer {
  readonly #clients: Clients | undefined;

  constructor(outbound: OutboundClient, { url, publicUrl }: NextcloudAddresses) {
    if (url === undefined) return;
    const baseUrl = url.replace(/\/+$/, '');
    const policy = nextcloudPolicy(baseUrl);
    const endpoint = { outbound, policy, baseUrl };
    this.#clients = {
      endpoint,
      ocs: new OcsClient(endpoint),
      loginFlow: new LoginFlowClient({ ...endpoint, publicBaseUrl: publicUrl ?? baseUrl, clientName: CLIENT_NAME }),
      files: new WebdavFilesClient(outbound, policy),
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

  #configured(): Clients {
    if (this.#clients === undefined) throw new DomainError('nextcloud-not-configured');
    return this.#clients;
  }
}
