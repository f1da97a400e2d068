import { Injectable } from '@nestjs/common';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import type { NextcloudLogin } from '../dav/nextcloud-credential.ts';
import { NextcloudServer } from '../server/nextcloud-server.ts';
import { ProvisioningClient } from './protocol/provisioning.client.ts';

/** Nextcloud counts wrong passwords for half an hour before it locks an address out. */
const PAUSE_MS = 30 * 60_000;

/**
 * The account that manages users in Nextcloud, and nothing else. It is sent as Basic, which Nextcloud counts: once it
 * has been refused, or our address throttled, nothing is sent for half an hour, however many ask.
 */
@Injectable()
export class ServiceAccount {
  #refusedUntil = 0;
  #throttledUntil = 0;
  #uid: string | undefined;

  constructor(
    private readonly config: NextcloudConfig,
    private readonly server: NextcloudServer,
  ) {}

  get isConfigured(): boolean {
    const { adminUser, adminPassword } = this.config;
    return this.server.isConfigured && adminUser !== undefined && adminPassword !== undefined;
  }

  /**
   * Makes a call with the service account.
   *
   * @throws DomainError `provisioning-not-configured`, `service-account-refused`, `upstream-throttled`, or what the call throws
   */
  async use<Result>(call: (login: NextcloudLogin, client: ProvisioningClient) => Promise<Result>): Promise<Result> {
    const login = this.#login();
    const now = Date.now();
    if (now < this.#refusedUntil) throw new DomainError('service-account-refused');
    if (now < this.#throttledUntil) {
      throw new DomainError('upstream-throttled', {
        retryAfterSeconds: Math.ceil((this.#throttledUntil - now) / 1000),
      });
    }
    try {
      return await call(login, new ProvisioningClient(this.server.endpoint));
    } catch (error) {
      if (isDomainError(error, 'upstream-throttled')) this.#throttledUntil = Date.now() + PAUSE_MS;
      if (!isDomainError(error, 'account-link-invalid')) throw error;
      this.#refusedUntil = Date.now() + PAUSE_MS;
      throw new DomainError('service-account-refused', { cause: error });
    }
  }

  /** True for the service account itself, whatever the spelling, and also where its login name is not its id. */
  async is(uid: string): Promise<boolean> {
    this.#uid ??= (await this.use((login) => this.server.ocs.self(login, { isRepeatable: false }))).uid;
    const names = [this.#uid, this.config.adminUser ?? ''].map((name) => name.toLowerCase());
    return names.includes(uid.toLowerCase());
  }

  #login(): NextcloudLogin {
    const { adminUser, adminPassword } = this.config;
    if (!this.server.isConfigured || adminUser === undefined || adminPassword === undefined) {
      throw new DomainError('provisioning-not-configured');
    }
    return { loginName: adminUser, secret: adminPassword.reveal(), scheme: 'basic' };
  }
}
