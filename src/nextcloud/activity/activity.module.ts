import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.ts';
import { ActivityCursors } from './activity-cursors.ts';
import { ActivityRounds } from './activity-rounds.ts';
import { ActivityWatch } from './activity-watch.ts';

/** The activity feeds of the linked accounts. */
@Module({
  imports: [AccountModule],
  providers: [ActivityCursors, ActivityWatch, ActivityRounds],
  exports: [ActivityCursors],
})
export class ActivityModule {}
