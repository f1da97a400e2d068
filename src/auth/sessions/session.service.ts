import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Principal } from '../../access/principal.ts';
import { currentOrigin } from '../../access/request-origin.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UserRegistry } from '../../users/user-registry.ts';
import { RefreshSecrets, refreshTokenHash } from '../tokens/refresh-secret.ts';
import type { IssuableSession } from '../tokens/token-issuer.ts';
import { endSession } from './end-session.ts';

const KEPT_AFTER_END = "interval '30 days'";

/** Opens and ends sessions. */
@Injectable()
export class SessionService {
  readonly #database: Database;
  readonly #registry: UserRegistry;
  readonly #secrets: RefreshSecrets;
  readonly #trail: AuditTrail;
  readonly #config: AuthConfig;

  constructor(
    database: Database,
    registry: UserRegistry,
    secrets: RefreshSecrets,
    trail: AuditTrail,
    config: AuthConfig,
  ) {
    this.#database = database;
    this.#registry = registry;
    this.#secrets = secrets;
    this.#trail = trail;
    this.#config = config;
  }

  /**
   * Opens a session for an account whose password has just been checked.
   *
   * @returns null when the account was deactivated or got another password meanwhile
   */
  open(checked: User): Promise<IssuableSession | null> {
    return this.#database.transaction(async (em) => {
      const user = await this.#registry.findLocked(em, checked.id);
      if (user?.isActive !== true || user.hashedPassword !== checked.hashedPassword) return null;
      const sessionId = randomUUIDv7();
      const refreshToken = this.#secrets.first();
      await this.#insert(em, { sessionId, userId: user.id, refreshToken });
      await forgetOldSessions(em, user.id);
      await this.#registry.noteLogin(em, user.id);
      await this.#trail.append(em, {
        actorId: user.id,
        action: 'session.login',
        outcome: 'success',
        targetType: 'session',
        targetId: sessionId,
      });
      const { sessionLifeSeconds, sessionIdleSeconds } = this.#config;
      return {
        principal: { userId: user.id, sessionId, email: user.email, role: user.isAdmin ? 'admin' : 'user' },
        refreshToken,
        remainingSeconds: Math.min(sessionLifeSeconds, sessionIdleSeconds),
      };
    });
  }

  /** Ends the session of the request: its access and refresh tokens are refused by every process from now on. */
  async logout(principal: Principal): Promise<void> {
    await this.#database.transaction(async (em) => {
      await endSession(em, principal.sessionId, 'logout');
      await this.#trail.append(em, {
        actorId: principal.userId,
        action: 'session.logout',
        outcome: 'success',
        targetType: 'session',
        targetId: principal.sessionId,
      });
    });
  }

  /** By the clock at this moment, under the lock of the account: it cannot tie with a change of its rights. */
  async #insert(
    em: EntityManager,
    { sessionId, userId, refreshToken }: { sessionId: string; userId: string; refreshToken: string },
  ): Promise<void> {
    const { address, userAgent } = currentOrigin();
    await em.execute(
      `insert into sessions (id, user_id, created_at, last_used_at, expires_at, address, user_agent)
       values (?, ?, clock_timestamp(), clock_timestamp(), clock_timestamp() + ? * interval '1 second', ?, ?)`,
      [sessionId, userId, this.#config.sessionLifeSeconds, address ?? 'unknown', userAgent],
    );
    await em.execute('insert into refresh_tokens (token_hash, session_id) values (?, ?)', [
      refreshTokenHash(refreshToken),
      sessionId,
    ]);
  }
}

/** Rows of sessions that are long over; their refresh tokens go with them. */
async function forgetOldSessions(em: EntityManager, userId: string): Promise<void> {
  await em.execute(
    `delete from sessions where user_id = ?
     and (expires_at < now() or ended_at < now() - ${KEPT_AFTER_END})`,
    [userId],
  );
}
