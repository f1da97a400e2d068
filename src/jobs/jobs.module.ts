import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { OpenDatabase } from '../persistence/open-database.ts';
import { Boss } from './boss.ts';
import { JobOverviewController } from './job-overview.controller.ts';
import { JobOverview } from './job-overview.ts';
import { JobRunner } from './job-runner.ts';
import { JobStore } from './job-store.ts';
import { JobsController } from './jobs.controller.ts';
import { JobsService } from './jobs.service.ts';
import { JobWatch } from './job-watch.ts';
import { Tasks } from './tasks.ts';
import { EventStreams } from '../http/event-streams.ts';
import type { InFlight } from '../http/in-flight.ts';

/** Work in the background. */
@Global()
@Module({})
export class JobsModule {
  static register(open: OpenDatabase, inFlight: InFlight): DynamicModule {
    return {
      module: JobsModule,
      controllers: [JobOverviewController, JobsController],
      providers: [
        { provide: Boss, useFactory: () => new Boss(open) },
        JobOverview,
        JobStore,
        JobRunner,
        JobWatch,
        JobsService,
        Tasks,
        { provide: EventStreams, useFactory: () => new EventStreams(inFlight) },
      ],
      exports: [JobsService, JobRunner, Tasks],
    };
  }
}
