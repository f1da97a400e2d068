import { Injectable } from '@nestjs/common';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Revocations } from './revocations.ts';

const EVERY_SECONDS = 60;

/** Revokes in Nextcloud what is still to be revoked there. */
@Injectable()
export class RevocationTask extends TaskHandler {
  override readonly kind = 'nextcloud-revocation';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly revocations: Revocations,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(): Promise<void> {
    await this.revocations.attemptDue();
  }
}
