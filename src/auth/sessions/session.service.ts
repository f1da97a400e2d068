import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { currentOrigin } from '../../access/request-origin.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import type { User } from '../../users/user.entity.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { endSession } from './session-records.ts';
import { newRefreshToken, refreshTokenHash, TokenIssuer, type TokenPair } from './token-issuer.ts';

const KEPT_AFTER_END = "interval '30 days'";

/** How users were authenticated (RFC 8176 section 2); `fed` is ours: another issuer vouches for them. */
export type AuthenticationMethod = 'pwd' | 'otp' | 'hwk' | 'fed' | 'mfa';

/** How a session came to be. */
export interface SessionOpening {
  readonly methods: readonly AuthenticationMethod[];
  /** Identity at another issuer, where that opened it. */
  readonly identityId?: string;
  /** `sid` of that issuer. */
  readonly providerSid?: string;
}

interface NewSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly refreshToken: string;
  readonly opening: SessionOpening;
}

/** Opens and ends sessions. */
@Injectable()
export class SessionService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersRepository,
    private readonly issuer: TokenIssuer,
    private readonly trail: AuditTrail,
    private readonly config: AuthConfig,
  ) {}

  /** Opens a session for an account that has passed every step of a login; the caller has locked it. */
  async create(em: EntityManager, user: User, opening: SessionOpening): Promise<TokenPair> {
    const sessionId = randomUUIDv7();
    const refreshToken = newRefreshToken();
    await this.#insert(em, { sessionId, userId: user.id, refreshToken, opening });
    await forgetOldSessions(em, user.id);
    await this.users.recordLogin(em, user.id);
    await this.trail.append(em, {
      actorId: user.id,
      action: 'session.login',
      outcome: 'success',
      targetType: 'session',
      targetId: sessionId,
      details: { methods: opening.methods.join(' ') },
    });
    const { sessionLifeSeconds, sessionIdleSeconds } = this.config;
    return this.issuer.issue({
      userId: user.id,
      sessionId,
      email: user.email,
      role: user.isAdmin ? 'admin' : 'user',
      refreshToken,
      remainingSeconds: Math.min(sessionLifeSeconds, sessionIdleSeconds),
    });
  }

  /** Ends the session of the request: its access and refresh tokens are refused by every process from now on. */
  async logout(principal: SessionPrincipal): Promise<void> {
    await this.database.transaction(async (em) => {
      await endSession(em, principal.sessionId, 'logout');
      await this.trail.append(em, {
        actorId: principal.userId,
        action: 'session.logout',
        outcome: 'success',
        targetType: 'session',
        targetId: principal.sessionId,
      });
    });
  }

  /** By the clock at this moment, under the lock of the account: it cannot tie with a change of its rights. */
  async #insert(em: EntityManager, { sessionId, userId, refreshToken, opening }: NewSession): Promise<void> {
    const { address, userAgent } = currentOrigin();
    await em.execute(
      `insert into sessions (id, user_id, created_at, last_used_at, authenticated_at, expires_at, address, user_agent,
         methods, identity_id, provider_sid)
       select ?, ?, moment, moment, moment, moment + ? * interval '1 second', ?, ?, ?, ?, ?
       from clock_timestamp() as moment`,
      [
        sessionId,
        userId,
        this.config.sessionLifeSeconds,
        address ?? 'unknown',
        userAgent,
        opening.methods.join(' '),
        opening.identityId ?? null,
        opening.providerSid ?? null,
      ],
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
