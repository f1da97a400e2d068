import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../access/principal.ts';
import { ADMIN_SCOPES } from '../../access/scopes.ts';
import { AuditTrail } from '../../audit/audit-trail.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { lockLivingSession } from '../sessions/session-records.ts';
import { accessTokenHash, isAccessToken } from './access-token-secret.ts';
import { AccessTokensService, type CreatedAccessToken } from './access-tokens.service.ts';
import { isRedirectUriOf, NEXTCLOUD_APP_GRANTS, type NextcloudAppId } from './nextcloud-apps.ts';

const CODE_SECONDS = 60;
const TOKEN_DAYS = 90;

interface CodePayload {
  readonly app: NextcloudAppId;
  readonly challenge: string;
}

/** What a user allows. */
export interface AppAuthorization {
  readonly app: NextcloudAppId;
  readonly redirectUri: string;
  /** S256 challenge (RFC 7636 section 4.2). */
  readonly challenge: string;
}

/**
 * Connects the Nextcloud apps: a code for the browser of a user who is logged in, which only the server of the app can
 * exchange (RFC 6749 section 4.1 with RFC 7636), for a personal access token of the scopes of that app.
 */
@Injectable()
export class AppConnectionsService {
  constructor(
    private readonly database: Database,
    private readonly oneTimeTokens: OneTimeTokens,
    private readonly accessTokens: AccessTokensService,
    private readonly trail: AuditTrail,
    private readonly nextcloud: NextcloudConfig,
  ) {}

  /** @returns the code @throws DomainError `validation-failed` for an address that is no page of the app, `forbidden`, `unauthenticated` */
  authorize(principal: SessionPrincipal, { app, redirectUri, challenge }: AppAuthorization): Promise<string> {
    if (!isRedirectUriOf(app, redirectUri, this.nextcloud.browserUrl)) {
      const detail = 'redirect_uri must be the page of the app in the configured Nextcloud';
      throw new DomainError('validation-failed', { errors: [{ pointer: '/redirect_uri', detail }] });
    }
    if (isForAdministrators(app) && principal.role !== 'admin') throw new DomainError('forbidden');
    return this.database.transaction(async (em) => {
      await lockLivingSession(em, principal);
      const payload: CodePayload = { app, challenge };
      const { userId } = principal;
      return this.oneTimeTokens.issue(em, { purpose: 'app-connection', userId, payload, lifeSeconds: CODE_SECONDS });
    });
  }

  /**
   * A new token in place of the one that the app had.
   *
   * @throws DomainError `one-time-token-invalid`, `access-token-limit`
   */
  exchange(code: string, verifier: string): Promise<CreatedAccessToken> {
    return this.#redeem(code, verifier, async (em, user, app) => {
      const name = `Nextcloud app ${app}`;
      await em.execute('delete from access_tokens where user_id = ? and name = ?', [user.id, name]);
      const { scopes } = NEXTCLOUD_APP_GRANTS[app];
      return this.accessTokens.createFor(em, user, { name, scopes, expiresInDays: TOKEN_DAYS });
    });
  }

  /** Whoever has a token may give it up (RFC 7009 section 2). Says nothing of one that is unknown. */
  async revoke(token: string): Promise<void> {
    if (!isAccessToken(token)) return;
    await this.database.transaction(async (em) => {
      const [row] = await em.execute<{ id: string; user_id: string }[]>(
        'delete from access_tokens where token_hash = ? returning id, user_id',
        [accessTokenHash(token)],
      );
      if (row === undefined) return;
      await this.trail.append(em, {
        actorId: row.user_id,
        action: 'access-token.delete',
        outcome: 'success',
        targetType: 'access-token',
        targetId: row.id,
      });
    });
  }

  async #redeem<Result>(
    code: string,
    verifier: string,
    work: (
      em: Parameters<Parameters<Database['transaction']>[0]>[0],
      user: User,
      app: NextcloudAppId,
    ) => Promise<Result>,
  ): Promise<Result> {
    // Used up in a transaction of its own: one that is shown with a wrong verifier must not be good afterwards.
    const found = await this.database.transaction((em) =>
      this.oneTimeTokens.redeem<CodePayload>(em, 'app-connection', code),
    );
    if (found?.userId == null || !isVerifierOf(found.payload.challenge, verifier)) {
      throw new DomainError('one-time-token-invalid');
    }
    const { userId, payload } = found;
    return this.database.transaction(async (em) => {
      await em.execute('select 1 from users where id = ? for update', [userId]);
      const user = await em.findOne(User, { id: userId });
      const mayHave = user?.isAdmin === true || !isForAdministrators(payload.app);
      if (user?.isActive !== true || !mayHave) throw new DomainError('one-time-token-invalid');
      return work(em, user, payload.app);
    });
  }
}

function isForAdministrators(app: NextcloudAppId): boolean {
  return NEXTCLOUD_APP_GRANTS[app].scopes.some((scope) => ADMIN_SCOPES.has(scope));
}

function isVerifierOf(challenge: string, verifier: string): boolean {
  const shown = createHash('sha256').update(verifier).digest('base64url');
  return shown.length === challenge.length && timingSafeEqual(Buffer.from(shown), Buffer.from(challenge));
}
