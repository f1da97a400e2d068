import { Injectable } from '@nestjs/common';
import type { Principal } from '../../access/principal.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { LINK_POLL, POLL_TOKEN_FIELD } from './link-polling.ts';
import { NextcloudLink } from './nextcloud-account.entity.ts';

/** A login flow that has just been started. */
export interface StartedLink {
  readonly link: NextcloudLink;
  /** Where the user's browser goes. */
  readonly loginUrl: string;
}

/** Login Flow v2: the user grants access in Nextcloud, and this server never sees a password. */
@Injectable()
export class LinkService {
  constructor(
    private readonly server: NextcloudServer,
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly tasks: Tasks,
  ) {}

  /**
   * Starts a flow, which a worker follows from here on; one that the user has started before and not granted ends.
   *
   * @throws DomainError `nextcloud-not-configured`, or what the way to Nextcloud throws
   */
  async start(principal: Principal): Promise<StartedLink> {
    const { userId } = principal;
    const flow = await this.server.loginFlow.start();
    const link = await this.database.transaction(async (em) => {
      await em.execute(
        `update nextcloud_links set state = 'expired', sealed_poll_token = '' where user_id = ? and state = 'pending'`,
        [userId],
      );
      const created = em.create(NextcloudLink, {
        userId,
        sealedPollToken: await this.sealer.seal(em, flow.pollToken, { ownerId: userId, field: POLL_TOKEN_FIELD }),
        state: 'pending',
        expiresAt: new Date(Date.now() + flow.expiresInSeconds * 1000),
      });
      await em.flush();
      await this.tasks.add(em, LINK_POLL, {});
      return created;
    });
    this.tasks.wake(LINK_POLL);
    return { link, loginUrl: flow.loginUrl };
  }

  /** Where a flow stands; asks Nextcloud nothing. @throws DomainError `not-found` */
  async read(principal: Principal, id: string): Promise<NextcloudLink> {
    const link = await this.database.read((em) => em.findOne(NextcloudLink, { id, userId: principal.userId }));
    if (link === null) throw new DomainError('not-found');
    return link;
  }
}
