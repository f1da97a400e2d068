import { Injectable } from '@nestjs/common';
import { isDomainError } from '../../problem/domain-error.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import type { CreationOutcome } from './protocol/provisioning.client.ts';
import { ServiceAccount } from './service-account.ts';

/** What a new Nextcloud user consists of. */
export interface UserToCreate {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
  readonly displayName?: string;
}

/** Nextcloud in three questions, each answered by `meta.statuscode` or the state of the server and never by HTTP 200 alone. */
@Injectable()
export class NextcloudService {
  constructor(
    private readonly server: NextcloudServer,
    private readonly account: ServiceAccount,
  ) {}

  /** Whether Nextcloud can work: reachable, installed, not in maintenance, no upgrade due. Sends no credential. */
  async healthCheck(): Promise<boolean> {
    try {
      return (await this.server.ocs.status()).state === 'ready';
    } catch (error) {
      if (isDomainError(error)) return false;
      throw error;
    }
  }

  /**
   * Creates a user.
   *
   * @returns `unconfirmed` when the call failed on the way and the user exists now
   * @throws DomainError `nextcloud-user-exists`, `nextcloud-password-refused`, `nextcloud-user-refused`,
   *   `nextcloud-provisioning-refused`, and what `ServiceAccount.use` throws
   */
  createUser({ username, password, email, displayName }: UserToCreate): Promise<CreationOutcome> {
    return this.account.use((login, client) =>
      client.createUser(login, {
        userId: username,
        password,
        ...(email !== undefined && { email }),
        ...(displayName !== undefined && { displayName }),
      }),
    );
  }

  /** True also for one that the service account may not see: the id is taken. @throws DomainError like `createUser` */
  userExists(username: string): Promise<boolean> {
    return this.account.use((login, client) => client.userExists(login, username));
  }
}
