import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.ts';
import { ActivityPlaces } from './activity-cursors.ts';
import { ActivityRounds } from './activity-rounds.ts';
import { ActivityWatch } from './activity-watch.ts';

/** The activity feeds of the linked accounts. */
@Module({
  imports: [AccountModule],
  providers: [ActivityPlaces, ActivityWatch, ActivityRounds],
  exports: [ActivityPlaces],
})
export class ActivityModule {}
