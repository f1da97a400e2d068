import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { DependencyProbe, type ProbeOutcome } from './dependency-probe.port.ts';

/** PostgreSQL, which holds every truth: it answers and can store something new. */
@Injectable()
export class PostgresProbe extends DependencyProbe {
  readonly key = 'postgres';
  readonly isRequired = true;

  constructor(private readonly database: Database) {
    super();
  }

  async probe(): Promise<ProbeOutcome> {
    await this.database.checkWrite();
    return 'up';
  }
}
