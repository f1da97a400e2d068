import { Injectable } from '@nestjs/common';
import { RepeatedRefusals } from '../audit/repeated-refusals.ts';
import type { TlsRefusal } from './outbound.types.ts';

/** Records servers with insufficient TLS: one row for each server and reason a minute, whatever is repeated. */
@Injectable()
export class TlsRefusals {
  constructor(private readonly refusals: RepeatedRefusals) {}

  /** Never throws; the row is written a moment later. */
  record({ upstream, reason }: TlsRefusal): void {
    void this.refusals.record(
      {
        actorId: null,
        action: 'outbound.tls-refused',
        outcome: 'denied',
        targetType: 'upstream',
        targetId: upstream,
        details: { reason },
      },
      reason,
    );
  }
}
