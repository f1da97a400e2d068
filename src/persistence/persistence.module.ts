import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from './database.ts';
import type { OpenDatabase } from './open-database.ts';
import { SchemaMigrator } from './schema-migrator.ts';

const OPEN_DATABASE = Symbol('OpenDatabase');

/** Provides the database. It is opened before the application and closed after everything that uses it. */
@Global()
@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(@Inject(OPEN_DATABASE) private readonly open: OpenDatabase) {}

  static register(open: OpenDatabase): DynamicModule {
    return {
      module: PersistenceModule,
      providers: [
        { provide: OPEN_DATABASE, useValue: open },
        { provide: Database, useValue: open.database },
        { provide: SchemaMigrator, useFactory: () => new SchemaMigrator(open) },
      ],
      exports: [Database, SchemaMigrator],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.open.close();
  }
}
