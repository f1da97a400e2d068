import { Module, type OnModuleInit } from '@nestjs/common';
import { Tasks } from '../jobs/tasks.ts';
import { AlertWatch } from './alert-watch.ts';
import { AlertTask } from './alert.task.ts';
import { NetworkFailures } from './network-failures.ts';

/** What administrators are told of without asking. */
@Module({ providers: [AlertTask, AlertWatch, NetworkFailures] })
export class AlertsModule implements OnModuleInit {
  constructor(
    private readonly tasks: Tasks,
    private readonly task: AlertTask,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this.task);
  }
}
