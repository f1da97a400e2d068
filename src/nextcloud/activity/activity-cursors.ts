import { Injectable } from '@nestjs/common';
import { Database } from '../../persistence/database.ts';

/** One account with a feed that is due to be read. */
export interface DueCursor {
  readonly userId: string;
  /** null: to be found out. */
  readonly lastActivityId: number | null;
  /** True: nobody has looked at this feed before. */
  readonly isFirst: boolean;
}

/** How many feeds can be read, for whoever explains the server. */
export interface FeedCount {
  readonly on: number;
  readonly off: number;
}

const BEGIN = `
  insert into nextcloud_activity_places (user_id, uid)
  select n.user_id, n.uid from nextcloud_accounts n
  where n.state = 'linked'
    and not exists (select 1 from nextcloud_activity_places p where p.user_id = n.user_id and p.uid = n.uid)
  on conflict (user_id) do update set uid = excluded.uid, last_activity_id = null, state = 'on', looked_at = null,
    next_look_at = now()
  where nextcloud_activity_places.uid <> excluded.uid`;

const TAKE = `
  update nextcloud_activity_places set next_look_at = now() + make_interval(secs => ?)
  where user_id in (
    select p.user_id from nextcloud_activity_places p
      join nextcloud_accounts n on n.user_id = p.user_id and n.state = 'linked'
      join users u on u.id = p.user_id and u.is_active
    where p.next_look_at <= now() order by p.next_look_at limit ? for update of p skip locked)
  returning user_id as "userId", last_activity_id as "lastActivityId", looked_at is null as "isFirst"`;

/** How far the feeds have been read; shared by all processes, so that each feed is looked at by one at a time. */
@Injectable()
export class ActivityCursors {
  constructor(private readonly database: Database) {}

  /** Takes the feeds that waited longest, each not again before `intervalSeconds` have passed. */
  claimDue(maxFeeds: number, intervalSeconds: number): Promise<DueCursor[]> {
    return this.database.transaction(async (em) => {
      await em.execute(BEGIN);
      const rows = await em.execute<{ userId: string; lastActivityId: string | null; isFirst: boolean }[]>(TAKE, [
        intervalSeconds,
        maxFeeds,
      ]);
      return rows.map((row) => ({
        ...row,
        lastActivityId: row.lastActivityId === null ? null : Number(row.lastActivityId),
      }));
    });
  }

  /** Stores where to go on; null: with whatever is newest then. */
  async advance(userId: string, lastActivityId: number | null): Promise<void> {
    await this.database.read((em) =>
      em.execute(
        `update nextcloud_activity_places set last_activity_id = ?, state = 'on', looked_at = now() where user_id = ?`,
        [lastActivityId, userId],
      ),
    );
  }

  /** The server has no feed for this user: asked again after `seconds`. */
  async pause(userId: string, seconds: number): Promise<void> {
    await this.database.read((em) =>
      em.execute(
        `update nextcloud_activity_places set state = 'off', last_activity_id = null, looked_at = now(),
           next_look_at = now() + make_interval(secs => ?) where user_id = ?`,
        [seconds, userId],
      ),
    );
  }

  /** Feeds of linked accounts that were looked at. */
  async count(): Promise<FeedCount> {
    const [row] = await this.database.read((em) =>
      em.execute<Record<keyof FeedCount, string>[]>(
        `select count(*) filter (where p.state = 'on') as "on", count(*) filter (where p.state = 'off') as "off"
         from nextcloud_activity_places p
           join nextcloud_accounts n on n.user_id = p.user_id and n.uid = p.uid and n.state = 'linked'
         where p.looked_at is not null`,
      ),
    );
    return { on: Number(row?.on ?? 0), off: Number(row?.off ?? 0) };
  }
}
