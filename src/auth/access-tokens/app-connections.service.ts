import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../access/principal.ts';
import { needAdministrator } from '../../access/scopes.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { UsersRepository } from '../../users/users.repository.ts';
import { isVerifierOf } from '../login/code-challenge.ts';
import { OneTimeTokens } from '../login/one-time-tokens.ts';
import { lockLivingSession } from '../sessions/session-records.ts';
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
    private readonly users: UsersRepository,
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
  async exchange(code: string, verifier: string): Promise<CreatedAccessToken> {
    // Used up in a transaction of its own: a code that comes with a wrong verifier must not be valid afterwards.
    const found = await this.database.transaction((em) =>
      this.oneTimeTokens.redeem<CodePayload>(em, 'app-connection', code),
    );
    if (found?.userId == null || !isVerifierOf(found.payload.challenge, verifier)) {
      throw new DomainError('one-time-token-invalid');
    }
    const { userId, payload } = found;
    return this.database.transaction(async (em) => {
      const user = await this.users.findLocked(em, userId);
      const mayHave = user?.isAdmin === true || !isForAdministrators(payload.app);
      if (user?.isActive !== true || !mayHave) throw new DomainError('one-time-token-invalid');
      const name = `Nextcloud app ${payload.app}`;
      await em.execute('delete from access_tokens where user_id = ? and name = ?', [user.id, name]);
      const { scopes } = NEXTCLOUD_APP_GRANTS[payload.app];
      return this.accessTokens.createFor(em, user, { name, scopes, expiresInDays: TOKEN_DAYS });
    });
  }
}

function isForAdministrators(app: NextcloudAppId): boolean {
  return needAdministrator(NEXTCLOUD_APP_GRANTS[app].scopes);
}
