import { Injectable } from '@nestjs/common';
import { NEXTCLOUD_FILES } from '../../indexing/sources/document-source.types.ts';
import { ScanRequests } from '../../indexing/sources/scan-requests.port.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { AccountStore } from '../account/account.store.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { ActivityCursors, type DueCursor } from './activity-cursors.ts';
import { ActivityClient, type ActivityNews } from './protocol/activity.client.ts';

const FEEDS_AT_A_TIME = 2;
const OFF_SECONDS = 3600;

/** Looks into activity feeds and asks for a scan where files have changed. What the feed says is only a hint. */
@Injectable()
export class ActivityWatch {
  constructor(
    private readonly server: NextcloudServer,
    private readonly accounts: AccountStore,
    private readonly cursors: ActivityCursors,
    private readonly scans: ScanRequests,
  ) {}

  /**
   * Looks into the feeds that waited longest, with one request each and two at a time.
   *
   * @param maxFeeds feeds to look into
   * @param intervalSeconds least time between two looks into one feed
   * @returns how many feeds were due
   */
  async checkDueFeeds(maxFeeds: number, intervalSeconds: number): Promise<number> {
    const due = await this.cursors.claimDue(maxFeeds, intervalSeconds);
    const waiting = [...due];
    const work = async (): Promise<void> => {
      for (let cursor = waiting.shift(); cursor !== undefined; cursor = waiting.shift()) await this.#checkFeed(cursor);
    };
    await Promise.all(Array.from({ length: FEEDS_AT_A_TIME }, work));
    return due.length;
  }

  async #checkFeed(cursor: DueCursor): Promise<void> {
    const { userId, lastActivityId } = cursor;
    try {
      const client = new ActivityClient(this.server.endpoint);
      const login = await this.accounts.credential(userId);
      const news = await (lastActivityId === null ? client.newest(login) : client.since(login, lastActivityId));
      await this.#follow(cursor, news);
    } catch (error) {
      // A source that is down says nothing about changes: the next round asks again.
      if (!isDomainError(error)) throw error;
      await this.accounts.recordFailure(userId, error);
    }
  }

  async #follow({ userId, lastActivityId, isFirst }: DueCursor, news: ActivityNews): Promise<void> {
    switch (news.kind) {
      case 'off':
        return this.cursors.pause(userId, OFF_SECONDS);
      case 'nothing':
        return this.cursors.advance(userId, lastActivityId ?? 0);
      case 'lost':
        await this.scans.trigger({ userId, source: NEXTCLOUD_FILES });
        return this.cursors.advance(userId, null);
      case 'news': {
        // The beginning of a feed is no news; a cursor that was lost costs one scan more.
        const isHint = lastActivityId === null ? !isFirst : news.isAboutFiles;
        if (isHint) await this.scans.trigger({ userId, source: NEXTCLOUD_FILES });
        // A long tail of entries would only ask for the same scan again and again.
        const isTailSkipped = isHint && lastActivityId !== null && !news.isWhole;
        return this.cursors.advance(userId, isTailSkipped ? null : news.newestId);
      }
    }
  }
}
