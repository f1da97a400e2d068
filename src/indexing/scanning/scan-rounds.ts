import { Injectable } from '@nestjs/common';
import { ChangeHints } from './change-hints.ts';
import { ScanScheduler } from './scan-scheduler.ts';

/** Everything that asks for scans by itself. */
@Injectable()
export class ScanTimer {
  constructor(
    private readonly scheduler: ScanScheduler,
    private readonly hints: ChangeHints,
  ) {}

  /** Call it once the schema is ready. */
  start(): void {
    this.scheduler.start();
    this.hints.start();
  }
}
