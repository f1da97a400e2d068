import { isatty } from 'node:tty';
import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthConfig } from '../../config/auth.config.ts';
import { SchemaMigrator } from '../../persistence/schema-migrator.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { RegistrationService } from './registration.service.ts';
import { SetUpService } from './set-up.service.ts';

const STANDARD_OUTPUT = 1;

/**
 * Makes the administrator of INITIAL_ADMIN_EMAIL when the server starts and has none; without that variable the log shows
 * a link to make one. No account exists by default.
 */
@Injectable()
export class InitialAdministrator {
  readonly #log = new Logger('InitialAdministrator');
  #setUpLink: string | null = null;

  constructor(
    private readonly config: AuthConfig,
    private readonly registration: RegistrationService,
    private readonly setUp: SetUpService,
    private readonly host: HttpAdapterHost,
    schema: SchemaMigrator,
  ) {
    schema.whenReady(() => this.#ensure());
  }

  /** The link to make the first administrator; null where there is one, or the schema is not ready. */
  get setUpLink(): string | null {
    return this.#setUpLink;
  }

  async #ensure(): Promise<void> {
    const { initialAdminEmail: email, initialAdminPassword: password } = this.config;
    if (email === undefined || password === undefined) {
      // An operator's command has no server that could answer the link.
      if ((this.host.httpAdapter as unknown) === undefined) return;
      this.#setUpLink = await this.setUp.makeLink();
      const link = this.#setUpLink;
      // On a terminal `main` says it in words.
      if (link !== null && !isatty(STANDARD_OUTPUT))
        this.#log.warn({ link }, 'There is no administrator: open the link within a day to make the first one');
      return;
    }
    if (await this.setUp.hasAdministrator()) return;
    try {
      await this.registration.create({ email, password: password.reveal(), fullName: null }, { isAdmin: true });
      this.#log.log('The first administrator was created; remove INITIAL_ADMIN_PASSWORD from the environment');
    } catch (error) {
      if (!isDomainError(error, 'validation-failed', 'email-taken')) throw error;
      // Also where another process was quicker. The server is of use without an administrator, so it starts.
      const rule = error.options.errors?.[0]?.detail ?? 'INITIAL_ADMIN_EMAIL belongs to an account already.';
      this.#log.error(`The first administrator was not created: ${rule}`);
    }
  }
}
