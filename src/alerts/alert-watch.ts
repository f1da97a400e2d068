import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.ts';
import { Tasks } from '../jobs/tasks.ts';
import { alertKindOf } from './alert-kinds.ts';
import { ALERT } from './alert.task.ts';
import { NetworkFailures } from './network-failures.ts';

/** Looks at every audit event as it is stored; those that administrators are told of queue a task in the same transaction. */
@Injectable()
export class AlertWatch {
  constructor(trail: AuditTrail, tasks: Tasks, networks: NetworkFailures) {
    trail.observe(async (em, event) => {
      networks.record(event);
      if (alertKindOf(event) !== null) await tasks.add(em, ALERT, { sequence: event.sequence });
    });
  }
}
