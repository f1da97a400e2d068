import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database, type PreparedStatement } from '../../persistence/database.ts';

/** One on its way to the database while the answers of the other are worked on. */
const MOST_QUERIES = 2;

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly authenticated_seconds_ago: number;
}

interface Batch {
  readonly ids: Set<string>;
  readonly result: Promise<ReadonlyMap<string, Principal>>;
}

const LIVING: PreparedStatement = {
  name: 'living-sessions',
  text: `
  select s.id, s.user_id, u.email, u.is_admin,
    extract(epoch from now() - s.authenticated_at)::int as authenticated_seconds_ago
  from sessions s join users u on u.id = s.user_id
  where s.id = any($1::uuid[])
    and s.ended_at is null and u.is_active and s.expires_at > now()
    and s.last_used_at + $2 * interval '1 second' > now()
    and (u.sessions_not_before is null or s.created_at >= u.sessions_not_before)`,
};

/**
 * Tells on every request whether its session lives and whose it is, from PostgreSQL and without a cache.
 *
 * Requests that arrive while queries are under way share the one that starts next. So an answer is never older than
 * the request that asked, and however many ask at once, two queries at a time serve them.
 */
@Injectable()
export class SessionLoader {
  readonly #database: Database;
  readonly #idleSeconds: number;
  #running = 0;
  /** Wakes the batch that waits for a place; there is at most one. */
  #waiting: (() => void) | undefined;
  #next: Batch | undefined;

  constructor(database: Database, config: AuthConfig) {
    this.#database = database;
    this.#idleSeconds = config.sessionIdleSeconds;
  }

  /**
   * The principal of a session, with the role of this moment.
   *
   * @param sessionId a UUID
   * @returns undefined when the session is unknown, ended or expired, or its user may not log in
   * @throws DomainError `service-unavailable` when PostgreSQL cannot tell
   */
  async find(sessionId: string): Promise<Principal | undefined> {
    this.#next ??= this.#schedule();
    this.#next.ids.add(sessionId);
    return (await this.#next.result).get(sessionId);
  }

  #schedule(): Batch {
    const ids = new Set<string>();
    const result = this.#turn().then(async () => {
      this.#next = undefined;
      try {
        return await this.#query([...ids]);
      } finally {
        this.#running -= 1;
        this.#waiting?.();
      }
    });
    return { ids, result };
  }

  /** Waits for a free place, and until the requests that have already arrived are read: they share the query. */
  async #turn(): Promise<void> {
    if (this.#running >= MOST_QUERIES) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      this.#waiting = undefined;
    }
    this.#running += 1;
    await setImmediate();
  }

  async #query(ids: readonly string[]): Promise<ReadonlyMap<string, Principal>> {
    const rows = await this.#database.ask<SessionRow>(LIVING, [ids, this.#idleSeconds]);
    return new Map(rows.map((row) => [row.id, principalOf(row)]));
  }
}

function principalOf({ id, user_id, email, is_admin, authenticated_seconds_ago }: SessionRow): Principal {
  return {
    userId: user_id,
    sessionId: id,
    email,
    role: is_admin ? 'admin' : 'user',
    scopes: null,
    authenticatedSecondsAgo: authenticated_seconds_ago,
  };
}
