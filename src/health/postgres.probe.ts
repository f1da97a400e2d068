import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { DependencyProbe, type ProbeOutcome } from './dependency-probe.port.ts';

/** PostgreSQL, which holds every truth. */
@Injectable()
export class PostgresProbe extends DependencyProbe {
  readonly key = 'postgres';
  readonly isRequired = true;

  constructor(private readonly database: Database) {
    super();
  }

  async probe(): Promise<ProbeOutcome> {
    await this.database.ping();
    return 'up';
  }
}
