import { randomUUIDv7 } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { TaskHandler } from '../../jobs/task-handler.port.ts';
import { Tasks } from '../../jobs/tasks.ts';
import { Database } from '../../persistence/database.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { UnsealError } from '../../secrets/aes-gcm.ts';
import { ServerSealer } from '../../secrets/server-sealer.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { WebdavClients } from '../webdav/webdav-clients.ts';
import { revokeAppPassword, type RevocationOutcome } from './protocol/app-password.ts';
import type { NextcloudLogin } from '../dav/nextcloud-credential.ts';

const FIELD = 'nextcloud_revocations.sealed_login';
const EVERY_SECONDS = 60;
const AT_ONCE = 10;
const GIVEN_UP_AFTER = "interval '7 days'";
/** One minute, doubled each time, at most six hours. */
const PAUSE = "least(interval '6 hours', interval '1 minute' * power(2, least(attempts, 12)))";

/** A login that nobody needs any more. */
export interface RetiredLogin extends NextcloudLogin {
  /** Null where it was never asked for. */
  readonly uid: string | null;
}

/** What is to be revoked. */
export interface NewRevocation {
  readonly userId: string;
  readonly login: RetiredLogin;
  /** Before anybody but the caller takes it up; default 0. */
  readonly headStartSeconds?: number;
}

/** `pending`: Nextcloud could not be asked now and will be asked again, for seven days. */
export type RevocationProgress = RevocationOutcome | 'pending' | 'given-up';

interface ClaimedRow {
  readonly id: string;
  readonly user_id: string;
  readonly sealed_login: string;
  readonly is_old: boolean;
}

/** App passwords that are still to be revoked in Nextcloud. Each is kept sealed for that alone, for seven days at most. */
@Injectable()
export class Revocations extends TaskHandler {
  override readonly kind = 'nextcloud-revocation';
  override readonly concurrency = 1;
  override readonly everySeconds = EVERY_SECONDS;

  constructor(
    private readonly database: Database,
    private readonly sealer: ServerSealer,
    private readonly server: NextcloudServer,
    private readonly webdav: WebdavClients,
    private readonly audit: AuditTrail,
    tasks: Tasks,
  ) {
    super();
    tasks.register(this);
  }

  /**
   * Notes a login in the transaction of `em`, so that it cannot be forgotten.
   *
   * @returns its id, for `attempt`
   */
  async add(em: EntityManager, { userId, login, headStartSeconds = 0 }: NewRevocation): Promise<string> {
    const id = randomUUIDv7();
    const sealed = this.sealer.seal(JSON.stringify(login), { rowId: id, field: FIELD });
    await em.execute(
      `insert into nextcloud_revocations (id, user_id, sealed_login, next_attempt_at)
       values (?, ?, ?, clock_timestamp() + ? * interval '1 second')`,
      [id, userId, sealed, headStartSeconds],
    );
    return id;
  }

  /** Tries one now, whoever else waits for it. */
  async attempt(id: string): Promise<RevocationProgress> {
    const [row] = await this.#claim('id = ?', [id]);
    return row === undefined ? 'pending' : this.#revoke(row);
  }

  /** Tries those that are due, oldest first and at most ten. */
  override async run(): Promise<void> {
    if (!this.server.isConfigured) return;
    const due = `id in (
      select id from nextcloud_revocations where next_attempt_at <= clock_timestamp()
      order by next_attempt_at limit ${AT_ONCE} for update skip locked)`;
    for (const row of await this.#claim(due, [])) await this.#revoke(row);
  }

  #claim(condition: string, parameters: readonly string[]): Promise<ClaimedRow[]> {
    return this.database.transaction((em) =>
      em.execute<ClaimedRow[]>(
        `update nextcloud_revocations set attempts = attempts + 1, next_attempt_at = clock_timestamp() + ${PAUSE}
         where ${condition}
         returning id, user_id, sealed_login, created_at < clock_timestamp() - ${GIVEN_UP_AFTER} as is_old`,
        [...parameters],
      ),
    );
  }

  async #revoke(row: ClaimedRow): Promise<RevocationProgress> {
    const outcome = await this.#ask(row);
    if (outcome === 'pending' && !row.is_old) return 'pending';
    const progress = outcome === 'pending' ? 'given-up' : outcome;
    await this.database.transaction(async (em) => {
      await em.execute('delete from nextcloud_revocations where id = ?', [row.id]);
      await this.audit.append(em, {
        actorId: row.user_id,
        action: 'nextcloud.revoke',
        outcome: progress === 'given-up' ? 'failure' : 'success',
        targetType: 'nextcloud-account',
        details: { revocation: progress },
      });
    });
    return progress;
  }

  async #ask(row: ClaimedRow): Promise<RevocationOutcome | 'pending'> {
    try {
      const login = JSON.parse(this.sealer.unseal(row.sealed_login, { rowId: row.id, field: FIELD })) as RetiredLogin;
      const outcome = await revokeAppPassword(this.server.endpoint, login);
      return outcome === 'already-dead' && (await this.#isOnlyDisabled(login)) ? 'pending' : outcome;
    } catch (error) {
      // Sealed under a key that has left the ring: nobody can use it any more, and nobody can revoke it.
      if (error instanceof UnsealError || isDomainError(error)) return 'pending';
      throw error;
    }
  }

  /** To OCS a disabled user looks like a dead password, which would work again when the user is enabled. */
  async #isOnlyDisabled({ uid, ...login }: RetiredLogin): Promise<boolean> {
    if (uid === null || login.scheme !== 'bearer') return false;
    try {
      await this.webdav.files.root({ ...login, uid, baseUrl: this.server.endpoint.baseUrl });
      return true;
    } catch (error) {
      return !isDomainError(error, 'account-link-invalid');
    }
  }
}
