import { Injectable } from '@nestjs/common';
import { nextcloudPolicy } from '../dav/nextcloud.policy.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { WebdavFilesClient } from './protocol/webdav-files.client.ts';
import { WebdavQueriesClient } from './protocol/webdav-queries.client.ts';
import { WebdavTransfersClient } from './protocol/webdav-transfers.client.ts';
import { WebdavWritesClient } from './protocol/webdav-writes.client.ts';

/** Content on its way to or from a client, who may be slow, has slots of its own: it never keeps the others waiting. */
const TRANSFERS = { name: 'nextcloud-transfers', concurrency: 16, headersTimeoutMs: 60_000 };

/**
 * The clients of the users' files over WebDAV, each made when it is first asked for.
 * All getters throw the DomainError `nextcloud-not-configured`.
 */
@Injectable()
export class WebdavClients {
  #files: WebdavFilesClient | undefined;
  #queries: WebdavQueriesClient | undefined;
  #writes: WebdavWritesClient | undefined;
  #transfers: WebdavTransfersClient | undefined;

  constructor(private readonly server: NextcloudServer) {}

  get files(): WebdavFilesClient {
    const { outbound, policy } = this.server.endpoint;
    return (this.#files ??= new WebdavFilesClient(outbound, policy));
  }

  get queries(): WebdavQueriesClient {
    const { outbound, policy } = this.server.endpoint;
    return (this.#queries ??= new WebdavQueriesClient(outbound, policy));
  }

  get writes(): WebdavWritesClient {
    const { outbound, policy } = this.server.endpoint;
    return (this.#writes ??= new WebdavWritesClient(outbound, policy));
  }

  get transfers(): WebdavTransfersClient {
    const { outbound, baseUrl } = this.server.endpoint;
    return (this.#transfers ??= new WebdavTransfersClient(outbound, nextcloudPolicy(baseUrl, TRANSFERS)));
  }
}
