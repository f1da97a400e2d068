import { Injectable } from '@nestjs/common';
import { NextcloudServer } from '../nextcloud/server/nextcloud-server.ts';
import { DomainError } from '../problem/domain-error.ts';
import { DependencyProbe, type ProbeOutcome } from './dependency-probe.port.ts';

/** Nextcloud, by its status page: no credential is sent, and HTTP 200 alone says nothing. */
@Injectable()
export class NextcloudProbe extends DependencyProbe {
  readonly key = 'nextcloud';
  readonly isRequired = false;

  constructor(private readonly server: NextcloudServer) {
    super();
  }

  async probe(signal: AbortSignal): Promise<ProbeOutcome> {
    if (!this.server.isConfigured) return 'not_configured';
    const { state } = await this.server.ocs.status(signal);
    if (state !== 'ready') throw new DomainError('upstream-unavailable', { logContext: { state } });
    return 'up';
  }
}
