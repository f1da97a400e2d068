import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { endOtherSessions, endSession } from './session-records.ts';
import { recordForeignId } from './foreign-id.ts';

const MAX_LISTED = 100;

/** A session that has neither ended nor expired. */
export interface LivingSession {
  readonly id: string;
  readonly name: string | null;
  readonly createdAt: Date;
  /** Time of the last refresh. */
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  readonly address: string;
  readonly userAgent: string | null;
  readonly methods: readonly string[];
}

interface SessionRow {
  readonly id: string;
  readonly name: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
  readonly address: string;
  readonly user_agent: string | null;
  readonly methods: string;
}

const LIVING_OF_USER = `
  select s.id, s.name, s.created_at, s.last_used_at, s.expires_at, s.address, s.user_agent, s.methods
  from sessions s join users u on u.id = s.user_id
  where s.user_id = ? and s.ended_at is null and s.expires_at > now()
    and s.last_used_at + ? * interval '1 second' > now()
    and (u.sessions_not_before is null or s.created_at >= u.sessions_not_before)`;

/** What users do with their own sessions. */
@Injectable()
export class OwnSessionsService {
  readonly #idleSeconds: number;

  constructor(
    private readonly database: Database,
    private readonly trail: AuditTrail,
    config: AuthConfig,
  ) {
    this.#idleSeconds = config.sessionIdleSeconds;
  }

  /** The sessions that have not ended, the last used first; at most 100. */
  list(principal: SessionPrincipal): Promise<readonly LivingSession[]> {
    return this.database.read(async (em) => {
      const rows = await em.execute<SessionRow[]>(
        `${LIVING_OF_USER} order by s.last_used_at desc, s.id desc limit ${MAX_LISTED}`,
        [principal.userId, this.#idleSeconds],
      );
      return rows.map(livingSession);
    });
  }

  /** @param name null takes the name away @throws DomainError `not-found` */
  async rename(principal: SessionPrincipal, id: string, name: string | null): Promise<LivingSession> {
    const renamed = await this.database.transaction(async (em) => {
      const session = await this.#find(em, principal, id);
      if (session === null) return null;
      await em.execute('update sessions set name = ? where id = ?', [name, id]);
      return { ...session, name };
    });
    if (renamed === null) throw new DomainError('not-found');
    return renamed;
  }

  /** Ends one of the own sessions, also the one of the request, for all processes at once. @throws DomainError `not-found` */
  async end(principal: SessionPrincipal, id: string): Promise<void> {
    const isEnded = await this.database.transaction(async (em) => {
      if ((await this.#find(em, principal, id)) === null) return false;
      await endSession(em, id, 'ended-by-user');
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'session.end',
        outcome: 'success',
        targetType: 'session',
        targetId: id,
      });
      return true;
    });
    if (!isEnded) throw new DomainError('not-found');
  }

  /** Ends every session of the user but the one of the request. */
  async endOthers(principal: SessionPrincipal): Promise<void> {
    await this.database.transaction(async (em) => {
      // A login that is on its way waits for this lock: it is ended, or it begins afterwards.
      await em.execute('select 1 from users where id = ? for update', [principal.userId]);
      await endOtherSessions(em, principal, 'ended-by-user');
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'session.end-others',
        outcome: 'success',
        targetType: 'user',
        targetId: principal.userId,
      });
    });
  }

  async #find(em: EntityManager, principal: SessionPrincipal, id: string): Promise<LivingSession | null> {
    const [row] = await em.execute<SessionRow[]>(`${LIVING_OF_USER} and s.id = ? for update of s`, [
      principal.userId,
      this.#idleSeconds,
      id,
    ]);
    if (row !== undefined) return livingSession(row);
    await recordForeignId(em, this.trail, { principal, table: 'sessions', id });
    return null;
  }
}

function livingSession(row: SessionRow): LivingSession {
  return {
    id: row.id,
    name: row.name,
    createdAt: new Date(row.created_at),
    lastUsedAt: new Date(row.last_used_at),
    expiresAt: new Date(row.expires_at),
    address: row.address,
    userAgent: row.user_agent,
    methods: row.methods.split(' '),
  };
}
