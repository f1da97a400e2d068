import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { HttpConfig } from '../../config/http.config.ts';
import { IndexingConfig } from '../../config/indexing.config.ts';
import { SchemaMigrator } from '../../persistence/schema-migrator.ts';
import { failureForLog } from '../../problem/failure-for-log.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { ActivityWatch } from './activity-watch.ts';

const ROUND_MS = 5000;
/** With more accounts than this allows, each is looked at less often than INDEX_ACTIVITY_SECONDS says. */
const FEEDS_PER_ROUND = 25;

/** Looks into the activity feeds in regular rounds, in processes that run jobs. */
@Injectable()
export class ActivityRounds implements OnModuleDestroy {
  readonly #intervalSeconds: number;
  readonly #log = new Logger('Activity');
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(
    private readonly watch: ActivityWatch,
    server: NextcloudServer,
    config: IndexingConfig,
    process: HttpConfig,
    schema: SchemaMigrator,
  ) {
    this.#intervalSeconds = process.runsJobs && server.isConfigured ? config.activitySeconds : 0;
    schema.whenReady(() => {
      if (this.#intervalSeconds > 0) this.#plan();
      return Promise.resolve();
    });
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    this.#timer = setTimeout(() => void this.#round(), ROUND_MS).unref();
  }

  async #round(): Promise<void> {
    try {
      await this.watch.checkDueFeeds(FEEDS_PER_ROUND, this.#intervalSeconds);
    } catch (error) {
      this.#log.warn({ ...failureForLog(error) }, 'Activity feeds cannot be looked at now; the next round tries again');
    }
    if (!this.#isStopping) this.#plan();
  }
}
