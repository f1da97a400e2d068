import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { needAdministrator, type Scope } from '../../access/scopes.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { DomainEvents } from '../../changes/domain-events.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { recordForeignId } from '../sessions/foreign-id.ts';
import { lockLivingSession } from '../sessions/session-records.ts';
import { AccessToken } from './access-token.entity.ts';
import { accessTokenHash, accessTokenHint, isAccessToken, newAccessToken } from './access-token-secret.ts';

const MAX_TOKENS = 50;

/** A token to be made. */
export interface NewAccessToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: valid until it is deleted. */
  readonly expiresInDays: number | null;
}

/** A token that was just made. */
export interface CreatedAccessToken {
  /** The secret; nobody can read it again. */
  readonly token: string;
  readonly stored: AccessToken;
}

/** The personal access tokens of a user; none comes back with an account that was deactivated. */
@Injectable()
export class AccessTokensService {
  constructor(
    private readonly database: Database,
    private readonly trail: AuditTrail,
    private readonly notifier: Notifier,
    events: DomainEvents,
  ) {
    events.on('user.deactivated', (em, { userId }) => revokeAccessTokens(em, userId));
    events.on('user.deleted', (em, { userId }) => revokeAccessTokens(em, userId));
  }

  /** Every token of the user that has not been deleted, the newest first; also those that have expired. */
  async list(principal: SessionPrincipal): Promise<readonly AccessToken[]> {
    return this.database.read((em) =>
      em.find(AccessToken, { userId: principal.userId }, { orderBy: { id: 'desc' }, limit: MAX_TOKENS }),
    );
  }

  /**
   * @throws DomainError `validation-failed` for a scope of administrators that somebody else asks for,
   *   `access-token-limit`, `unauthenticated` when the session has ended meanwhile
   */
  async create(principal: SessionPrincipal, wanted: NewAccessToken): Promise<CreatedAccessToken> {
    if (principal.role !== 'admin' && needAdministrator(wanted.scopes)) throw adminScope();
    return this.database.transaction(async (em) => {
      await lockLivingSession(em, principal);
      return this.createFor(em, { id: principal.userId, email: principal.email }, wanted);
    });
  }

  /** Makes a token for an account that the caller has locked and whose role allows the scopes. @throws DomainError `access-token-limit` */
  async createFor(
    em: EntityManager,
    { id: userId, email }: { readonly id: string; readonly email: string },
    wanted: NewAccessToken,
  ): Promise<CreatedAccessToken> {
    const token = newAccessToken();
    await requireRoom(em, userId);
    const id = await insert(em, userId, { token, wanted });
    await this.notifier.queue(em, {
      userId,
      to: email,
      template: 'access-token-created',
      values: { name: wanted.name, scopes: wanted.scopes.join(', ') },
    });
    await this.trail.append(em, {
      actorId: userId,
      action: 'access-token.create',
      outcome: 'success',
      targetType: 'access-token',
      targetId: id,
      details: { scopes: wanted.scopes.join(' ') },
    });
    return { token, stored: await em.findOneOrFail(AccessToken, { id }) };
  }

  /** Deletes a token; the next request with it is refused. @throws DomainError `not-found` */
  async delete(principal: SessionPrincipal, id: string): Promise<void> {
    const isDeleted = await this.database.transaction(async (em) => {
      const rows = await em.execute<unknown[]>('delete from access_tokens where id = ? and user_id = ? returning id', [
        id,
        principal.userId,
      ]);
      if (rows.length === 0) {
        await recordForeignId(em, this.trail, { principal, table: 'access_tokens', id });
        return false;
      }
      await this.#recordDeletion(em, principal.userId, id);
      return true;
    });
    if (!isDeleted) throw new DomainError('not-found');
  }

  /** A program gives up the token that it has (RFC 7009 section 2). Does nothing where the token is unknown. */
  async revoke(token: string): Promise<void> {
    if (!isAccessToken(token)) return;
    await this.database.transaction(async (em) => {
      const [row] = await em.execute<{ id: string; user_id: string }[]>(
        'delete from access_tokens where token_hash = ? returning id, user_id',
        [accessTokenHash(token)],
      );
      if (row !== undefined) await this.#recordDeletion(em, row.user_id, row.id);
    });
  }

  async #recordDeletion(em: EntityManager, userId: string, id: string): Promise<void> {
    await this.trail.append(em, {
      actorId: userId,
      action: 'access-token.delete',
      outcome: 'success',
      targetType: 'access-token',
      targetId: id,
    });
  }
}

/**
 * Deletes every personal access token of an account: after a deactivation or a password reset nothing that was made
 * before opens it, whoever made it.
 */
export async function revokeAccessTokens(em: EntityManager, userId: string): Promise<void> {
  await em.execute('delete from access_tokens where user_id = ?', [userId]);
}

/** The account is locked: two requests at once cannot both take the last place. */
async function requireRoom(em: EntityManager, userId: string): Promise<void> {
  const count = await em.count(AccessToken, { userId });
  if (count >= MAX_TOKENS) throw new DomainError('access-token-limit');
}

async function insert(
  em: EntityManager,
  userId: string,
  { token, wanted }: { readonly token: string; readonly wanted: NewAccessToken },
): Promise<string> {
  const id = randomUUIDv7();
  await em.execute(
    `insert into access_tokens (id, user_id, name, token_hash, hint, scopes, created_at, expires_at)
     values (?, ?, ?, ?, ?, ?, now(), now() + ?::int * interval '1 day')`,
    [
      id,
      userId,
      wanted.name,
      accessTokenHash(token),
      accessTokenHint(token),
      [...wanted.scopes].sort().join(' '),
      wanted.expiresInDays,
    ],
  );
  return id;
}

function adminScope(): DomainError {
  const detail = 'scopes must not hold a scope of administrators';
  return new DomainError('validation-failed', { errors: [{ pointer: '/scopes', detail }] });
}
