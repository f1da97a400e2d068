import { Injectable, Logger } from '@nestjs/common';
import { AuthConfig } from '../../config/auth.config.ts';
import { Database } from '../../persistence/database.ts';
import { SchemaMigrator } from '../../persistence/schema-migrator.ts';
import { isDomainError } from '../../problem/domain-error.ts';
import { User } from '../../users/user.entity.ts';
import { RegistrationService } from './registration.service.ts';

/** Makes the administrator of INITIAL_ADMIN_EMAIL when the server starts and has none. No account exists by default. */
@Injectable()
export class InitialAdministrator {
  readonly #log = new Logger('InitialAdministrator');

  constructor(
    private readonly config: AuthConfig,
    private readonly database: Database,
    private readonly registration: RegistrationService,
    schema: SchemaMigrator,
  ) {
    schema.whenReady(() => this.#ensure());
  }

  async #ensure(): Promise<void> {
    const { initialAdminEmail: email, initialAdminPassword: password } = this.config;
    if (email === undefined || password === undefined) return;
    const administrators = await this.database.read((em) => em.count(User, { isAdmin: true, isActive: true }));
    if (administrators > 0) return;
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
