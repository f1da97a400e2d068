import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { DomainEvents } from '../../changes/domain-events.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { Identity } from './identity.entity.ts';
import type { VerifiedIdentity, ProviderTokens } from './identity-provider.port.ts';

const SEALED_FIELD = 'identities.sealed_tokens';

/** The user, the provider and the identity to store. */
export interface NewIdentity {
  readonly userId: string;
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly identity: VerifiedIdentity;
}

/** Identities of users at other issuers, and their sealed tokens. */
@Injectable()
export class Identities {
  constructor(
    private readonly sealer: Sealer,
    private readonly events: DomainEvents,
  ) {}

  /** By issuer and subject together; logins of one identity at the same time wait for each other. */
  async findLocked(em: EntityManager, { issuer, subject }: VerifiedIdentity): Promise<Identity | null> {
    await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [JSON.stringify([issuer, subject])]);
    return em.findOne(Identity, { issuer, subject }, { refresh: true });
  }

  /** As it is stored now. */
  current(em: EntityManager, id: string): Promise<Identity> {
    return em.findOneOrFail(Identity, { id }, { refresh: true });
  }

  listOf(em: EntityManager, userId: string): Promise<Identity[]> {
    return em.find(Identity, { userId }, { orderBy: { linkedAt: 'asc', id: 'asc' } });
  }

  async insert(em: EntityManager, { userId, provider, identity }: NewIdentity): Promise<Identity> {
    const id = randomUUIDv7();
    await em.execute('insert into identities (id, user_id, provider, issuer, subject) values (?, ?, ?, ?, ?)', [
      id,
      userId,
      provider,
      identity.issuer,
      identity.subject,
    ]);
    return em.findOneOrFail(Identity, { id });
  }

  /** What the provider told at a login. Emits `identity.verified`. */
  async recordLogin(em: EntityManager, id: string, { userId, provider, identity }: NewIdentity): Promise<void> {
    await em.execute(
      'update identities set provider = ?, email = ?, last_login_at = now(), sealed_tokens = ? where id = ?',
      [provider, identity.email, await this.#seal(em, userId, identity.tokens), id],
    );
    const { issuer, subject } = identity;
    await this.events.emit(em, 'identity.verified', { userId, provider, issuer, subject });
  }

  /** Replaces the tokens unless somebody else has done so. @returns false then */
  async replaceTokens(em: EntityManager, { id, userId, sealedTokens }: Identity, to: ProviderTokens): Promise<boolean> {
    const rows = await em.execute<{ id: string }[]>(
      'update identities set sealed_tokens = ? where id = ? and sealed_tokens = ? returning id',
      [await this.#seal(em, userId, to), id, sealedTokens ?? ''],
    );
    return rows.length > 0;
  }

  /** @returns null when none are kept */
  async tokensOf(em: EntityManager, { userId, sealedTokens }: Identity): Promise<ProviderTokens | null> {
    if (sealedTokens == null) return null;
    const text = await this.sealer.unseal(em, sealedTokens, { ownerId: userId, field: SEALED_FIELD });
    return JSON.parse(text) as ProviderTokens;
  }

  async recordGrant(em: EntityManager, identityId: string, grantedAdmin: boolean): Promise<void> {
    await em.execute('update identities set granted_admin = ? where id = ?', [grantedAdmin, identityId]);
  }

  async remove(em: EntityManager, identityId: string): Promise<void> {
    await em.execute('delete from identities where id = ?', [identityId]);
  }

  #seal(em: EntityManager, userId: string, tokens: ProviderTokens): Promise<string> {
    return this.sealer.seal(em, JSON.stringify(tokens), { ownerId: userId, field: SEALED_FIELD });
  }
}
