import { Module } from '@nestjs/common';
import { OwnSessionsService } from './own-sessions.service.ts';
import { SessionCleanup } from './session-cleanup.task.ts';
import { SessionsController } from './sessions.controller.ts';

/** The own sessions, and forgetting old ones. */
@Module({
  controllers: [SessionsController],
  providers: [OwnSessionsService, SessionCleanup],
})
export class SessionsModule {}
