import { Injectable } from '@nestjs/common';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Provisioner } from './provisioner.ts';
import { PROVISIONING } from './provisioning-events.ts';

const EVERY_SECONDS = 60;

/** Brings accounts into Nextcloud, and repeats what did not succeed. */
@Injectable()
export class ProvisioningTask extends TaskHandler {
  override readonly kind = PROVISIONING;
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly provisioner: Provisioner,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  override async run(): Promise<void> {
    await this.provisioner.runDue();
  }
}
