import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { endSession } from '../sessions/end-session.ts';
import { isRefreshToken, RefreshSecrets, refreshTokenHash } from './refresh-secret.ts';
import { TokenIssuer, type IssuableSession, type TokenPair } from './token-issuer.ts';

interface TokenState {
  readonly session_id: string;
  readonly user_id: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly is_alive: boolean;
  readonly is_used: boolean;
  readonly is_within_grace: boolean;
  readonly remaining_seconds: number;
}

// After the session is locked, in a statement of its own: only then it sees what the process before has committed.
const STATE = `
  select s.id as session_id, u.id as user_id, u.email, u.is_admin,
    s.ended_at is null and u.is_active and s.expires_at > clock_timestamp()
      and s.last_used_at + ? * interval '1 second' > clock_timestamp()
      and (u.sessions_not_before is null or s.created_at >= u.sessions_not_before) as is_alive,
    r.used_at is not null as is_used,
    coalesce(r.used_at + ? * interval '1 second' > clock_timestamp(), false) as is_within_grace,
    least(?, floor(extract(epoch from s.expires_at - clock_timestamp())))::int as remaining_seconds
  from refresh_tokens r join sessions s on s.id = r.session_id join users u on u.id = s.user_id
  where r.token_hash = ?`;

/** Rotates refresh tokens. One session has one living chain, whichever processes and threads ask. */
@Injectable()
export class RefreshService {
  readonly #database: Database;
  readonly #secrets: RefreshSecrets;
  readonly #issuer: TokenIssuer;
  readonly #trail: AuditTrail;
  readonly #config: AuthConfig;

  constructor(database: Database, secrets: RefreshSecrets, issuer: TokenIssuer, trail: AuditTrail, config: AuthConfig) {
    this.#database = database;
    this.#secrets = secrets;
    this.#issuer = issuer;
    this.#trail = trail;
    this.#config = config;
  }

  /**
   * Exchanges a refresh token for a new pair. A second use within the grace time gets the same successor; later it
   * is theft (RFC 9700 section 4.14.2), and the session ends.
   *
   * @throws DomainError `invalid-refresh-token` for every reason a refresh can fail
   */
  async refresh(token: string): Promise<TokenPair> {
    if (!isRefreshToken(token)) throw refused();
    const renewed = await this.#database.transaction((em) => this.#renew(em, token));
    if (renewed === null) throw refused();
    return this.#issuer.issue(renewed);
  }

  async #renew(em: EntityManager, token: string): Promise<IssuableSession | null> {
    const hash = refreshTokenHash(token);
    const state = await this.#lock(em, hash);
    if (state?.is_alive !== true) return null;
    if (state.is_used && !state.is_within_grace) {
      await this.#endForReuse(em, state);
      return null;
    }
    const successor = this.#secrets.successor(token);
    if (!state.is_used) await this.#advance(em, state, { hash, successorHash: refreshTokenHash(successor) });
    return {
      userId: state.user_id,
      sessionId: state.session_id,
      email: state.email,
      role: state.is_admin ? 'admin' : 'user',
      refreshToken: successor,
      remainingSeconds: state.remaining_seconds,
    };
  }

  async #lock(em: EntityManager, hash: string): Promise<TokenState | undefined> {
    await em.execute(
      'select 1 from sessions where id = (select session_id from refresh_tokens where token_hash = ?) for update',
      [hash],
    );
    const { refreshGraceSeconds, sessionIdleSeconds } = this.#config;
    const rows = await em.execute<TokenState[]>(STATE, [
      sessionIdleSeconds,
      refreshGraceSeconds,
      sessionIdleSeconds,
      hash,
    ]);
    return rows[0];
  }

  async #advance(
    em: EntityManager,
    state: TokenState,
    { hash, successorHash }: { hash: string; successorHash: string },
  ): Promise<void> {
    await em.execute('update refresh_tokens set used_at = clock_timestamp() where token_hash = ?', [hash]);
    await em.execute('insert into refresh_tokens (token_hash, session_id) values (?, ?)', [
      successorHash,
      state.session_id,
    ]);
    await em.execute('update sessions set last_used_at = clock_timestamp() where id = ?', [state.session_id]);
  }

  async #endForReuse(em: EntityManager, state: TokenState): Promise<void> {
    await endSession(em, state.session_id, 'token-reuse');
    await this.#trail.append(em, {
      actorId: state.user_id,
      action: 'token.reuse',
      outcome: 'denied',
      targetType: 'session',
      targetId: state.session_id,
    });
  }
}

function refused(): DomainError {
  return new DomainError('invalid-refresh-token', { headers: { 'www-authenticate': 'Bearer realm="voiceassist"' } });
}
