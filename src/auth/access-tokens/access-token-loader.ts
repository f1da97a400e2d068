import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { isScope, type Scope } from '../../access/scopes.ts';
import { Database, type PreparedStatement } from '../../persistence/database.ts';
import { SharedLookup } from '../../persistence/shared-lookup.ts';
import { accessTokenHash } from './access-token-secret.ts';

interface TokenRow {
  readonly id: string;
  readonly token_hash: string;
  readonly user_id: string;
  readonly scopes: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly is_use_unwritten: boolean;
}

const LIVING: PreparedStatement = {
  name: 'living-access-tokens',
  text: `
  select t.id, t.token_hash, t.user_id, t.scopes, u.email, u.is_admin,
    (t.last_used_at is null or t.last_used_at < now() - interval '1 minute') as is_use_unwritten
  from access_tokens t join users u on u.id = t.user_id
  where t.token_hash = any($1::varchar[]) and u.is_active and (t.expires_at is null or t.expires_at > now())`,
};

// Asks again: many processes may have read that the time is old.
const RECORD_USE: PreparedStatement = {
  name: 'note-use-of-access-tokens',
  text: `
  update access_tokens set last_used_at = now()
  where id = any($1::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`,
};

/** Finds the user and the scopes of a personal access token on every request, without a cache. */
@Injectable()
export class AccessTokenLoader {
  readonly #lookup = new SharedLookup((hashes) => this.#query(hashes));

  constructor(private readonly database: Database) {}

  /**
   * @returns undefined when the token is unknown, deleted or expired, or its user is deactivated
   * @throws DomainError `service-unavailable` when PostgreSQL cannot tell
   */
  findPrincipal(token: string): Promise<Principal | undefined> {
    return this.#lookup.find(accessTokenHash(token));
  }

  async #query(hashes: readonly string[]): Promise<ReadonlyMap<string, Principal>> {
    const rows = await this.database.ask<TokenRow>(LIVING, [hashes]);
    const unwritten = rows.filter((row) => row.is_use_unwritten).map(({ id }) => id);
    if (unwritten.length > 0) await this.database.ask(RECORD_USE, [unwritten]);
    return new Map(rows.map((row) => [row.token_hash, principalOf(row)]));
  }
}

function principalOf({ user_id, email, is_admin, scopes }: TokenRow): Principal {
  return {
    userId: user_id,
    sessionId: null,
    email,
    role: is_admin ? 'admin' : 'user',
    scopes: new Set<Scope>(scopes.split(' ').filter(isScope)),
    authenticatedSecondsAgo: Number.POSITIVE_INFINITY,
  };
}
