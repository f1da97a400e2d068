import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Metrics } from './metrics.ts';

/** Counts logins as the audit trail sees them, whichever way they were made. */
@Injectable()
export class LoginMetrics {
  constructor(trail: AuditTrail, metrics: Metrics) {
    trail.observe((_em, { action, outcome }) => {
      if (action === 'session.login') metrics.loggedIn(outcome);
      return Promise.resolve();
    });
  }
}
