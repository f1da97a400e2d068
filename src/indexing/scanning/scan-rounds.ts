import { Injectable } from '@nestjs/common';
import { ChangeHints } from './change-hints.ts';
import { ScanScheduler } from './scan-scheduler.ts';

/** Everything that asks for scans by itself. */
@Injectable()
export class ScanTimer {
  readonly #scheduler: ScanScheduler;
  readonly #hints: ChangeHints;

  constructor(scheduler: ScanScheduler, hints: ChangeHints) {
    this.#scheduler = scheduler;
    this.#hints = hints;
  }

  /** Call it once the schema is ready. */
  start(): void {
    this.#scheduler.start();
    this.#hints.start();
  }
}
