import { Injectable } from '@nestjs/common';
import type { AuditAction } from '../audit/audit-actions.ts';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Metrics } from './metrics.ts';

const LOGIN: string = 'session.login' satisfies AuditAction;

/** Counts logins as the audit trail sees them, whichever way they were made. */
@Injectable()
export class LoginMetrics {
  constructor(trail: AuditTrail, metrics: Metrics) {
    trail.observe((_em, { action, outcome }) => {
      if (action === LOGIN) metrics.loggedIn(outcome);
      return Promise.resolve();
    });
  }
}
