import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { DependencyProbe, type ProbeOutcome } from './dependency-probe.port.ts';

/** PostgreSQL, which holds every truth. */
@Injectable()
export class PostgresProbe extends DependencyProbe {
  readonly key = 'postgres';
  readonly isRequired = true;
  readonly #database: Database;

  constructor(database: Database) {
    super();
    this.#database = database;
  }

  async probe(): Promise<ProbeOutcome> {
    await this.#database.ping();
    return 'up';
  }
}
