import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Database } from '../../persistence/database.ts';
import { Identity } from './identity.entity.ts';

/** An identity that an issuer has proved to be a user's. */
export interface IdentitySighting {
  readonly userId: string;
  /** Name of the provider in the configuration. */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
}

/** Hears of an identity in the transaction of the login that has proved it. */
export type SightingListener = (em: EntityManager, sighting: IdentitySighting) => Promise<void>;

/** Tells other rooms who their users are at other issuers. */
@Injectable()
export class IdentitySightingsService {
  readonly #listeners: SightingListener[] = [];

  constructor(private readonly database: Database) {}

  /** Registers who is told of every login through another issuer; call it while the application starts. */
  whenSeen(listener: SightingListener): void {
    this.#listeners.push(listener);
  }

  /** Call it in the transaction of the login. */
  async tell(em: EntityManager, sighting: IdentitySighting): Promise<void> {
    for (const listener of this.#listeners) await listener(em, sighting);
  }

  /** Every identity of a user, the oldest first. */
  async listOf(userId: string): Promise<IdentitySighting[]> {
    const found = await this.database.read((em) =>
      em.find(Identity, { userId }, { orderBy: { linkedAt: 'asc', id: 'asc' } }),
    );
    return found.map(({ provider, issuer, subject }) => ({ userId, provider, issuer, subject }));
  }
}
