import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { KeyRing } from '../../secrets/key-ring.ts';
import { endSession } from './session-records.ts';
import {
  isRefreshToken,
  refreshTokenHash,
  refreshTokenSuccessors,
  TokenIssuer,
  type IssuableSession,
  type TokenPair,
} from './token-issuer.ts';

interface TokenState {
  readonly session_id: string;
  readonly user_id: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly methods: string;
  /** Name or user agent of the session, by which its user knows it. */
  readonly label: string | null;
  readonly is_alive: boolean;
  readonly is_used: boolean;
  readonly is_within_grace: boolean;
  readonly remaining_seconds: number;
}

// After the session is locked, in a statement of its own: only then it sees what the process before has committed.
const STATE = `
  select s.id as session_id, u.id as user_id, u.email, u.is_admin,
    s.methods, coalesce(s.name, s.user_agent) as label,
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
  constructor(
    private readonly database: Database,
    private readonly ring: KeyRing,
    private readonly issuer: TokenIssuer,
    private readonly trail: AuditTrail,
    private readonly notifier: Notifier,
    private readonly config: AuthConfig,
  ) {}

  /**
   * Exchanges a refresh token for a new pair. A second use within the grace time gets the same successor; later it
   * is theft (RFC 9700 section 4.14.2), and the session ends.
   *
   * @throws DomainError `invalid-refresh-token` for every reason a refresh can fail
   */
  async refresh(token: string): Promise<TokenPair> {
    if (!isRefreshToken(token)) throw refused();
    const renewed = await this.database.transaction((em) => this.#renew(em, token));
    if (renewed === null) throw refused();
    return this.issuer.issue(renewed);
  }

  async #renew(em: EntityManager, token: string): Promise<IssuableSession | null> {
    const hash = refreshTokenHash(token);
    const state = await this.#lock(em, hash);
    if (state?.is_alive !== true) return null;
    if (state.is_used && !state.is_within_grace) {
      await this.#endReused(em, state);
      return null;
    }
    // MFA_REQUIRED asks for more than this session has shown, since its user became an administrator or by configuration.
    const hasSecondFactor = state.methods.split(' ').includes('mfa');
    if (!hasSecondFactor && this.config.asksForSecondFactor(state.is_admin)) return null;
    const successor = state.is_used
      ? await this.#issuedSuccessor(em, state, token)
      : await this.#advance(em, state, { hash, successor: refreshTokenSuccessors(this.ring, token)[0] });
    if (successor === null) return null;
    return {
      ...sessionOf(state),
      email: state.email,
      role: state.is_admin ? 'admin' : 'user',
      refreshToken: successor,
      remainingSeconds: state.remaining_seconds,
    };
  }

  /**
   * After a used token was used again: somebody has copied it, and nobody can tell who is the thief. Ends the session,
   * tells its user, and records it: all of it or nothing.
   */
  async #endReused(em: EntityManager, { session_id, user_id, email, label }: TokenState): Promise<void> {
    await endSession(em, session_id, 'token-reuse');
    await this.notifier.queue(em, {
      userId: user_id,
      to: email,
      template: 'token-reuse',
      values: { ...(label !== null && { session: label }) },
    });
    await this.trail.append(em, {
      actorId: user_id,
      action: 'token.reuse',
      outcome: 'denied',
      targetType: 'session',
      targetId: session_id,
    });
  }

  async #lock(em: EntityManager, hash: string): Promise<TokenState | undefined> {
    await em.execute(
      'select 1 from sessions where id = (select session_id from refresh_tokens where token_hash = ?) for update',
      [hash],
    );
    const { refreshGraceSeconds, sessionIdleSeconds } = this.config;
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
    { hash, successor }: { readonly hash: string; readonly successor: string },
  ): Promise<string> {
    await em.execute('update refresh_tokens set used_at = clock_timestamp() where token_hash = ?', [hash]);
    await em.execute('insert into refresh_tokens (token_hash, session_id) values (?, ?)', [
      refreshTokenHash(successor),
      state.session_id,
    ]);
    await em.execute('update sessions set last_used_at = clock_timestamp() where id = ?', [state.session_id]);
    return successor;
  }

  /**
   * The successor that the other side of the race got. It may have been made by a process with another current key
   * one of the ring, while the keys are being changed: the one that is stored is the one that was issued.
   */
  async #issuedSuccessor(em: EntityManager, state: TokenState, token: string): Promise<string | null> {
    for (const candidate of refreshTokenSuccessors(this.ring, token)) {
      const rows = await em.execute<unknown[]>('select 1 from refresh_tokens where token_hash = ? and session_id = ?', [
        refreshTokenHash(candidate),
        state.session_id,
      ]);
      if (rows.length > 0) return candidate;
    }
    return null;
  }
}

function sessionOf({ user_id, session_id }: TokenState): { userId: string; sessionId: string } {
  return { userId: user_id, sessionId: session_id };
}

function refused(): DomainError {
  return new DomainError('invalid-refresh-token', { headers: { 'www-authenticate': 'Bearer realm="voiceassist"' } });
}
