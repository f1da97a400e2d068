import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { Counters } from '../../ephemeral/counters.port.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { endSession } from '../sessions/session-records.ts';
import type { LogoutToken } from '../identities/identity-provider.port.ts';
import { Providers } from './providers.ts';
import { OidcError } from '../identities/oidc.errors.ts';

const SKEW_MS = 60_000;

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
}

/** Ends the sessions that a provider says are over (OpenID Connect Back-Channel Logout 1.0). */
@Injectable()
export class BackChannelLogoutService {
  constructor(
    private readonly database: Database,
    private readonly providers: Providers,
    private readonly counters: Counters,
    private readonly tokens: OneTimeTokens,
    private readonly trail: AuditTrail,
  ) {}

  /** @returns how many sessions ended. @throws DomainError `not-found`, `invalid-logout-token` also for one that was used before */
  async logOut(providerId: string, token: string): Promise<number> {
    const logoutToken = await this.#verify(providerId, token);
    const tokenKey = createHash('sha256')
      .update(JSON.stringify([logoutToken.issuer, logoutToken.tokenId]))
      .digest('hex');
    const windowMs = Math.max(SKEW_MS, logoutToken.expiresAtMs - Date.now() + SKEW_MS);
    const { count } = await this.counters.add(`logout:${tokenKey}`, { windowMs, by: 1 });
    if (count > 1) return this.#refuse(providerId, 'replayed');
    return this.database.transaction(async (em) => {
      const identities = await this.#owners(em, logoutToken);
      const ended = await this.#sessions(em, logoutToken);
      for (const { id } of ended) await endSession(em, id, 'provider-logout');
      // A login that is half-way here would outlive the one it comes from.
      for (const { user_id } of identities) {
        await this.tokens.withdraw(em, user_id, 'oidc-exchange', 'mfa-challenge', 'mfa-enrolment');
      }
      await this.trail.append(em, {
        actorId: identities[0]?.user_id ?? null,
        action: 'sso.logout',
        outcome: 'success',
        targetType: 'provider',
        targetId: providerId,
        details: { sessions: ended.length },
      });
      return ended.length;
    });
  }

  async #verify(providerId: string, token: string): Promise<LogoutToken> {
    const { protocol } = this.providers.get(providerId);
    try {
      return await protocol.readLogoutToken(token);
    } catch (error) {
      if (error instanceof OidcError) return this.#refuse(providerId, error.reason);
      throw error;
    }
  }

  async #refuse(providerId: string, reason: string): Promise<never> {
    await this.trail.record({
      actorId: null,
      action: 'sso.logout',
      outcome: 'failure',
      targetType: 'provider',
      targetId: providerId,
      details: { reason },
    });
    throw new DomainError('invalid-logout-token');
  }

  /** By `sid` one session of the provider, by `sub` alone all of its user (section 2.7 of the specification). */
  #sessions(em: EntityManager, { issuer, subject, providerSid }: LogoutToken): Promise<SessionRow[]> {
    return em.execute<SessionRow[]>(
      `select s.id, s.user_id from sessions s join identities i on i.id = s.identity_id
       where i.issuer = ? and s.ended_at is null
         and (?::text is null or i.subject = ?) and (?::text is null or s.provider_sid = ?)`,
      [issuer, subject, subject, providerSid, providerSid],
    );
  }

  #owners(em: EntityManager, { issuer, subject, providerSid }: LogoutToken): Promise<{ user_id: string }[]> {
    return em.execute<{ user_id: string }[]>(
      `select distinct i.user_id from identities i
       where i.issuer = ? and (i.subject = ? or (?::text is null and exists
         (select 1 from sessions s where s.identity_id = i.id and s.provider_sid = ?)))`,
      [issuer, subject ?? '', subject, providerSid],
    );
  }
}
