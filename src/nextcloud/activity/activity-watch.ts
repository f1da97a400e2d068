import { Injectable } from '@nestjs/common';
import { ScanRequests } from '../../indexing/sources/scan-requests.port.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { AccountStore } from '../account/account.store.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { ActivityPlaces, type DuePlace } from './activity-cursors.ts';
import { ActivityClient, type ActivityNews } from './protocol/activity.client.ts';

const FEEDS_AT_A_TIME = 2;
const OFF_SECONDS = 3600;

/** Looks into activity feeds and asks for a scan where files have changed. What the feed says is only a hint. */
@Injectable()
export class ActivityWatch {
  readonly #server: NextcloudServer;
  readonly #accounts: AccountStore;
  readonly #places: ActivityPlaces;
  readonly #scans: ScanRequests;

  constructor(server: NextcloudServer, accounts: AccountStore, places: ActivityPlaces, scans: ScanRequests) {
    this.#server = server;
    this.#accounts = accounts;
    this.#places = places;
    this.#scans = scans;
  }

  /**
   * Looks into the feeds that waited longest, with one request each and two at a time.
   *
   * @param maxFeeds feeds to look into
   * @param intervalSeconds least time between two looks into one feed
   * @returns how many feeds were due
   */
  async look(maxFeeds: number, intervalSeconds: number): Promise<number> {
    const due = await this.#places.take(maxFeeds, intervalSeconds);
    const waiting = [...due];
    const work = async (): Promise<void> => {
      for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) await this.#lookAt(place);
    };
    await Promise.all(Array.from({ length: FEEDS_AT_A_TIME }, work));
    return due.length;
  }

  async #lookAt(place: DuePlace): Promise<void> {
    const { userId, lastActivityId } = place;
    try {
      const client = new ActivityClient(this.#server.endpoint);
      const login = await this.#accounts.credential(userId);
      const news = await (lastActivityId === null ? client.newest(login) : client.since(login, lastActivityId));
      await this.#follow(place, news);
    } catch (error) {
      // A source that is down says nothing about changes: the next round asks again.
      if (!isDomainError(error)) throw error;
      await this.#accounts.noteFailure(userId, error);
    }
  }

  async #follow({ userId, lastActivityId, isFirst }: DuePlace, news: ActivityNews): Promise<void> {
    switch (news.kind) {
      case 'off':
        return this.#places.rest(userId, OFF_SECONDS);
      case 'nothing':
        return this.#places.goOn(userId, lastActivityId ?? 0);
      case 'lost':
        await this.#scans.requestSoon(userId);
        return this.#places.goOn(userId, null);
      case 'news': {
        // The beginning of a feed is no news; a place that was lost is made up for by one scan more.
        const isHint = lastActivityId === null ? !isFirst : news.isAboutFiles;
        if (isHint) await this.#scans.requestSoon(userId);
        // A long tail of entries would only ask for the same scan again and again.
        const isTailSkipped = isHint && lastActivityId !== null && !news.isWhole;
        return this.#places.goOn(userId, isTailSkipped ? null : news.newestId);
      }
    }
  }
}
