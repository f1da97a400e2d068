import { Injectable } from '@nestjs/common';
import { HintedScans } from './change-hints.ts';
import { ScanScheduler } from './scan-scheduler.ts';

/** Everything that asks for scans by itself. */
@Injectable()
export class ScanRounds {
  readonly #scheduler: ScanScheduler;
  readonly #hints: HintedScans;

  constructor(scheduler: ScanScheduler, hints: HintedScans) {
    this.#scheduler = scheduler;
    this.#hints = hints;
  }

  /** Call it once the schema is ready. */
  start(): void {
    this.#scheduler.start();
    this.#hints.start();
  }
}
