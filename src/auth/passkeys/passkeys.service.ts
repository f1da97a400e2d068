import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Database } from '../../persistence/database.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { FactorOwnerLock } from '../mfa/factor-owner-lock.ts';
import { FactorChanges } from '../mfa/factor-changes.ts';
import type { AttestationResponse } from './webauthn.types.ts';
import type { Passkey } from './passkey.entity.ts';
import { PasskeyRegistrations, type RegistrationOptions } from './passkey-registrations.ts';
import { Passkeys } from './passkeys.ts';

const MAX_PASSKEYS = 25;

/** What a user may know of a passkey. */
export type PasskeyFacts = Pick<Passkey, 'id' | 'name' | 'createdAt' | 'isBackedUp'> & {
  readonly lastUsedAt?: Date | null | undefined;
};

/** A passkey to be added. */
export interface PasskeyAddition {
  readonly registrationToken: string;
  readonly name: string;
  readonly response: AttestationResponse;
}

/** A passkey that was added, and the recovery codes that came with it. */
export interface AddedPasskey {
  readonly passkey: PasskeyFacts;
  readonly recoveryCodes: readonly string[];
}

/** The own passkeys. */
@Injectable()
export class PasskeysService {
  constructor(
    private readonly database: Database,
    private readonly ownerLock: FactorOwnerLock,
    private readonly passkeys: Passkeys,
    private readonly registrations: PasskeyRegistrations,
    private readonly changes: FactorChanges,
  ) {}

  list({ userId }: SessionPrincipal): Promise<readonly PasskeyFacts[]> {
    return this.database.read((em) => this.passkeys.list(em, userId));
  }

  /** A question to an authenticator. @throws DomainError `passkey-refused` when the account has too many */
  begin(principal: SessionPrincipal): Promise<RegistrationOptions> {
    return this.database.transaction(async (em) => {
      const user = await this.ownerLock.lock(em, principal);
      const known = await this.passkeys.list(em, user.id);
      if (known.length >= MAX_PASSKEYS) {
        throw new DomainError('passkey-refused', { detail: `An account can have ${MAX_PASSKEYS} passkeys.` });
      }
      return this.registrations.createOptions(em, { user, sessionId: principal.sessionId, known });
    });
  }

  /** @throws DomainError `passkey-refused`, `passkey-exists` */
  async add(principal: SessionPrincipal, addition: PasskeyAddition): Promise<AddedPasskey> {
    // A refused answer uses the question up, so its transaction ends well.
    const added = await this.database.transaction((em) => this.#add(em, principal, addition));
    if (added === null) throw new DomainError('passkey-refused');
    return added;
  }

  /** @throws DomainError `not-found` */
  async rename({ userId }: SessionPrincipal, id: string, name: string): Promise<PasskeyFacts> {
    const renamed = await this.database.transaction((em) => this.passkeys.rename(em, { id, userId, name }));
    if (renamed === null) throw new DomainError('not-found');
    return renamed;
  }

  /** @throws DomainError `not-found`, `second-factor-required` */
  async remove(principal: SessionPrincipal, id: string): Promise<void> {
    await this.database.transaction(async (em) => {
      const user = await this.ownerLock.lock(em, principal);
      if (!(await this.passkeys.remove(em, { id, userId: user.id }))) throw new DomainError('not-found');
      const words = 'A passkey was removed.';
      await this.changes.removed(em, { user, action: 'passkey.remove', words, passkeyId: id });
    });
  }

  async #add(
    em: EntityManager,
    principal: SessionPrincipal,
    { registrationToken, name, response }: PasskeyAddition,
  ): Promise<AddedPasskey | null> {
    const user = await this.ownerLock.lock(em, principal);
    const made = await this.registrations.verify(em, { principal, registrationToken, response });
    if (made === null) return null;
    const passkey = await this.passkeys.insert(em, { ...made, userId: user.id, name });
    if (passkey === null) throw new DomainError('passkey-exists');
    const recoveryCodes = await this.changes.added(em, {
      user,
      action: 'passkey.add',
      words: 'A passkey was added.',
      passkeyId: passkey.id,
      sessionId: principal.sessionId,
      method: 'hwk',
    });
    return { passkey, recoveryCodes: recoveryCodes ?? [] };
  }
}
