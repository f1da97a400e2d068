import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { Sealer } from '../../secrets/sealer.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { AccountStore } from './account.store.ts';
import { probeLogin } from './protocol/credential-probe.ts';
import type { GrantedLogin } from '../server/login-flow.client.ts';
import { Revocations } from './revocations.ts';

/** Kind of the task that follows login flows. */
export const LINK_POLL = 'nextcloud-link-poll';
export const POLL_TOKEN_FIELD = 'nextcloud_links.sealed_poll_token';
const GRANT_FIELD = 'nextcloud_links.sealed_grant';

/** Requests to Nextcloud in one round, however many flows wait: each flow has its turn, the longest waiting first. */
const FLOWS_PER_ROUND = 3;
const POLL_PAUSE = "interval '2500 milliseconds'";
const PROBE_PAUSE = "interval '10 seconds'";
/** How long a granted login is kept that could not be tried. */
const LONGEST_PROBING = "interval '1 day'";
const KEPT = "interval '7 days'";

const EVERY_SECONDS = 60;
/** As long as until the next task of this kind: while a flow is open there is always one that follows it. */
const LONGEST_MS = 58_000;
const ROUND_PAUSE_MS = 1_000;

interface ClaimedLink {
  readonly id: string;
  readonly user_id: string;
  readonly state: 'pending' | 'granted';
  readonly sealed_poll_token: string;
  readonly sealed_grant: string | null;
  /** Past the end of a flow, or of the time to try what it gave. */
  readonly is_over: boolean;
}

const CLAIM = `
  update nextcloud_links set last_polled_at = clock_timestamp() where id in (
    select l.id from nextcloud_links l
    where l.state in ('pending', 'granted') and (l.last_polled_at is null or l.last_polled_at < clock_timestamp() -
      case when l.state = 'granted' then ${PROBE_PAUSE} else ${POLL_PAUSE} end)
    order by l.last_polled_at nulls first, l.id limit ${FLOWS_PER_ROUND} for update skip locked)
  returning id, user_id, state, sealed_poll_token, sealed_grant, expires_at < clock_timestamp() -
    case when state = 'granted' then ${LONGEST_PROBING} else interval '0' end as is_over`;

/**
 * Follows every login flow that has been started, in steps that any process may take up where another has left off.
 * Nextcloud hands the app password out once, so it is stored before anything is done with it.
 */
@Injectable()
export class LinkPolling extends TaskHandler implements OnModuleDestroy {
  override readonly kind = LINK_POLL;
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;
  readonly #stop = new AbortController();

  constructor(
    private readonly server: NextcloudServer,
    private readonly store: AccountStore,
    private readonly database: Database,
    private readonly sealer: Sealer,
    private readonly revocations: Revocations,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  onModuleDestroy(): void {
    this.#stop.abort();
  }

  /** Follows login flows while there are any. */
  override async run(): Promise<void> {
    const { signal } = this.#stop;
    const deadline = Date.now() + LONGEST_MS;
    while (!signal.aborted && (await this.pollDue()) > 0 && Date.now() < deadline) {
      await pause(ROUND_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.#forgetOld();
  }

  /** One round over the flows that are due. @returns how many flows are still open */
  async pollDue(): Promise<number> {
    if (!this.server.isConfigured) return 0;
    const claimed = await this.database.transaction((em) => em.execute<ClaimedLink[]>(CLAIM));
    for (const link of claimed) await (link.state === 'pending' ? this.#poll(link) : this.#conclude(link));
    const [row] = await this.database.read((em) =>
      em.execute<{ count: string }[]>(
        `select count(*) as count from nextcloud_links where state in ('pending', 'granted')`,
      ),
    );
    return Number(row?.count ?? 0);
  }

  /** Drops flows that ended long ago. */
  async #forgetOld(): Promise<void> {
    await this.database.read((em) =>
      em.execute(
        `delete from nextcloud_links where state not in ('pending', 'granted') and expires_at < now() - ${KEPT}`,
      ),
    );
  }

  async #poll(link: ClaimedLink): Promise<void> {
    let granted: GrantedLogin | null = null;
    try {
      const context = { ownerId: link.user_id, field: POLL_TOKEN_FIELD };
      const token = await this.database.read((em) => this.sealer.unseal(em, link.sealed_poll_token, context));
      granted = await this.server.loginFlow.poll(token);
    } catch (error) {
      // Until its time is over a flow outlives any outage.
      if (!isDomainError(error)) throw error;
    }
    if (granted !== null) await this.#storeGrant(link, granted);
    else if (link.is_over) await this.database.transaction((em) => end(em, link, 'expired'));
  }

  /** Stores what came, then tries it. */
  async #storeGrant(link: ClaimedLink, granted: GrantedLogin): Promise<void> {
    const isKept = await this.database.transaction(async (em) => {
      const sealed = await this.sealer.seal(em, JSON.stringify(granted), {
        ownerId: link.user_id,
        field: GRANT_FIELD,
      });
      const kept = await em.execute<unknown[]>(
        `update nextcloud_links set state = 'granted', sealed_grant = ?, sealed_poll_token = ''
         where id = ? and state = 'pending' returning 1`,
        [sealed, link.id],
      );
      // The flow was ended while the answer was on its way: nobody will use what came.
      if (kept.length === 0) await this.#discard(em, link, granted);
      return kept.length > 0;
    });
    if (isKept) await this.#try(link, granted);
  }

  async #conclude(link: ClaimedLink): Promise<void> {
    const granted = await this.database.read(async (em) => {
      const context = { ownerId: link.user_id, field: GRANT_FIELD };
      return JSON.parse(await this.sealer.unseal(em, link.sealed_grant ?? '', context)) as GrantedLogin;
    });
    await this.#try(link, granted);
  }

  /** DAV paths need the user id, which the login name is not promised to be. */
  async #try(link: ClaimedLink, granted: GrantedLogin): Promise<void> {
    try {
      const probed = await probeLogin(this.server.ocs, granted.loginName, granted.appPassword);
      await this.database.transaction(async (em) => {
        if (await end(em, link, 'linked')) await this.store.save(em, link.user_id, { ...granted, probed });
        else await this.#discard(em, link, granted);
      });
    } catch (error) {
      if (!isDomainError(error)) throw error;
      const isRefused = error.code === 'account-link-invalid';
      if (!isRefused && !link.is_over) return;
      await this.database.transaction(async (em) => {
        await end(em, link, 'failed', error.code);
        if (!isRefused) await this.#discard(em, link, granted);
      });
    }
  }

  async #discard(em: EntityManager, link: ClaimedLink, { loginName, appPassword }: GrantedLogin): Promise<void> {
    const login = { loginName, secret: appPassword, scheme: 'bearer', uid: null } as const;
    await this.revocations.add(em, { userId: link.user_id, login });
  }
}

/** @returns false when the flow had ended before */
async function end(
  em: EntityManager,
  { id }: ClaimedLink,
  ...[state, problemCode]: [state: 'linked' | 'expired' | 'failed', problemCode?: string]
): Promise<boolean> {
  const ended = await em.execute<unknown[]>(
    `update nextcloud_links set state = ?, problem_code = ?, sealed_poll_token = '', sealed_grant = null
     where id = ? and state in ('pending', 'granted') returning 1`,
    [state, problemCode ?? null, id],
  );
  return ended.length > 0;
}
