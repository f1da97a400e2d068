import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { LINK_POLL, LinkPolling } from './link-polling.ts';

const EVERY_SECONDS = 60;
/** As long as until the next task of this kind: while a flow is open there is always one that follows it. */
const LONGEST_MS = 58_000;
const ROUND_PAUSE_MS = 1_000;

/** Follows login flows while there are any. */
@Injectable()
export class LinkPollTask extends TaskHandler implements OnModuleDestroy {
  override readonly kind = LINK_POLL;
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;
  readonly #stop = new AbortController();

  constructor(
    private readonly polling: LinkPolling,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  onModuleDestroy(): void {
    this.#stop.abort();
  }

  override async run(): Promise<void> {
    const { signal } = this.#stop;
    const deadline = Date.now() + LONGEST_MS;
    while (!signal.aborted && (await this.polling.pollDue()) > 0 && Date.now() < deadline) {
      await pause(ROUND_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.polling.forgetOld();
  }
}
