import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database, type PreparedStatement } from '../../persistence/database.ts';
import { SharedLookup } from '../../persistence/shared-lookup.ts';

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly authenticated_seconds_ago: number;
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

/** Finds the active session of a request and its user, from PostgreSQL and without a cache. */
@Injectable()
export class SessionLoader {
  readonly #idleSeconds: number;
  readonly #lookup = new SharedLookup((ids) => this.#query(ids));

  constructor(
    private readonly database: Database,
    config: AuthConfig,
  ) {
    this.#idleSeconds = config.sessionIdleSeconds;
  }

  /**
   * The principal of a session, with the role of this moment.
   *
   * @param sessionId a UUID
   * @returns undefined when the session is unknown, ended or expired, or its user may not log in
   * @throws DomainError `service-unavailable` when PostgreSQL cannot tell
   */
  findPrincipal(sessionId: string): Promise<Principal | undefined> {
    return this.#lookup.find(sessionId);
  }

  async #query(ids: readonly string[]): Promise<ReadonlyMap<string, Principal>> {
    const rows = await this.database.ask<SessionRow>(LIVING, [ids, this.#idleSeconds]);
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
