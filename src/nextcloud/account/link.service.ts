import { Injectable } from '@nestjs/common';
import { LockMode } from '@mikro-orm/postgresql';
import type { Principal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { NextcloudServer } from '../nextcloud-server.ts';
import { AccountStore } from './account.store.ts';
import { NextcloudLink } from './nextcloud-account.entity.ts';
import { probeLogin } from './protocol/credential-probe.ts';
import type { GrantedLogin } from './protocol/login-flow.client.ts';

const FIELD = 'nextcloud_links.sealed_poll_token';
const LEAST_POLL_INTERVAL_MS = 1500;

/** A login flow that has just been started. */
export interface StartedLink {
  readonly link: NextcloudLink;
  /** Where the user's browser goes. */
  readonly loginUrl: string;
}

/** Login Flow v2: the user grants access in Nextcloud, and this server never sees a password. */
@Injectable()
export class LinkService {
  readonly #server: NextcloudServer;
  readonly #store: AccountStore;
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(server: NextcloudServer, store: AccountStore, database: Database, sealer: Sealer) {
    this.#server = server;
    this.#store = store;
    this.#database = database;
    this.#sealer = sealer;
  }

  /** @throws DomainError `nextcloud-not-configured`, or what the way to Nextcloud throws */
  async start(principal: Principal): Promise<StartedLink> {
    const { userId } = principal;
    const flow = await this.#server.loginFlow.start();
    const link = await this.#database.transaction(async (em) => {
      await em.nativeDelete(NextcloudLink, { userId, state: { $ne: 'linked' } });
      const created = em.create(NextcloudLink, {
        userId,
        sealedPollToken: await this.#sealer.seal(em, flow.pollToken, { ownerId: userId, field: FIELD }),
        state: 'pending',
        expiresAt: new Date(Date.now() + flow.expiresInSeconds * 1000),
      });
      await em.flush();
      return created;
    });
    return { link, loginUrl: flow.loginUrl };
  }

  /**
   * Where the flow stands. Asks Nextcloud at most every 1.5 s, and one request at a time, whoever calls.
   *
   * @throws DomainError `not-found`, or what the way to Nextcloud throws
   */
  async poll(principal: Principal, id: string): Promise<NextcloudLink> {
    const { link, isDue } = await this.#claimPoll(principal.userId, id);
    if (!isDue) return link;
    const granted = await this.#ask(link);
    if (granted !== null) return this.#keep(link, granted);
    return Date.now() > link.expiresAt.getTime() ? this.#end(link, 'expired') : link;
  }

  /** Takes the right to ask Nextcloud now; whoever calls in between gets the state as it is known. */
  #claimPoll(userId: string, id: string): Promise<{ link: NextcloudLink; isDue: boolean }> {
    return this.#database.transaction(async (em) => {
      const link = await em.findOne(NextcloudLink, { id, userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (link === null) throw new DomainError('not-found');
      const now = Date.now();
      const isDue = link.state === 'pending' && now - (link.lastPolledAt?.getTime() ?? 0) >= LEAST_POLL_INTERVAL_MS;
      if (isDue) link.lastPolledAt = new Date(now);
      return { link, isDue };
    });
  }

  /** DAV paths need the user id, which the login name is not promised to be. */
  async #keep(link: NextcloudLink, granted: GrantedLogin): Promise<NextcloudLink> {
    const { loginName, appPassword } = granted;
    const probed = await probeLogin(this.#server.ocs, loginName, appPassword);
    await this.#database.transaction((em) => this.#store.save(em, link.userId, { loginName, appPassword, probed }));
    return this.#end(link, 'linked');
  }

  #end(link: NextcloudLink, state: 'linked' | 'expired'): Promise<NextcloudLink> {
    return this.#database.transaction(async (em) => {
      const stored = await em.findOneOrFail(NextcloudLink, { id: link.id });
      if (stored.state === 'pending') stored.state = state;
      return stored;
    });
  }

  async #ask(link: NextcloudLink): Promise<GrantedLogin | null> {
    const token = await this.#database.read((em) =>
      this.#sealer.unseal(em, link.sealedPollToken, { ownerId: link.userId, field: FIELD }),
    );
    return this.#server.loginFlow.poll(token);
  }
}
