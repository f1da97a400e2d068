import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AuditRecord } from '../../audit/audit-record.ts';
import type { ProviderSettings } from '../../config/sso-providers.ts';
import { SsoConfig } from '../../config/sso.config.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { AccountEndingService } from '../../users/account-lifecycle.ts';
import type { User } from '../../users/user.entity.ts';
import { foldEmail, UserRegistry } from '../../users/users.repository.ts';
import type { Identity } from './identity.entity.ts';
import type { ProvedIdentity } from './identity-provider.port.ts';
import { IdentityStore } from './identities.ts';
import { SsoFailure } from './sso.errors.ts';

/** An identity on its way to an account. */
export interface Arrival {
  readonly settings: ProviderSettings;
  readonly identity: ProvedIdentity;
}

/** An account that an identity has arrived at. */
export interface Arrived {
  /** As it is now, locked. */
  readonly user: User;
  readonly identity: Identity;
  /** To be appended last. */
  readonly records: readonly AuditRecord[];
}

/** Brings an identity to its account: links it, opens an account, and takes over what the provider says. */
@Injectable()
export class IdentityArrival {
  readonly #registry: UserRegistry;
  readonly #store: IdentityStore;
  readonly #notifier: Notifier;
  readonly #ending: AccountEndingService;
  readonly #autoCreate: boolean;

  constructor(
    registry: UserRegistry,
    store: IdentityStore,
    notifier: Notifier,
    ending: AccountEndingService,
    config: SsoConfig,
  ) {
    this.#registry = registry;
    this.#store = store;
    this.#notifier = notifier;
    this.#ending = ending;
    this.#autoCreate = config.autoCreate;
  }

  /** @throws SsoFailure `account-inactive` */
  async known(em: EntityManager, found: Identity, arrival: Arrival): Promise<Arrived> {
    const user = await this.#registry.findLocked(em, found.userId);
    if (user?.isActive !== true) throw new SsoFailure('account-inactive');
    return this.#refresh(em, { user, identity: found, records: [] }, arrival);
  }

  /** Links an identity to an account that exists, and tells its owner. @throws SsoFailure `account-inactive` */
  async link(em: EntityManager, userId: string, arrival: Arrival): Promise<Arrived> {
    const user = await this.#registry.findLocked(em, userId);
    if (user?.isActive !== true) throw new SsoFailure('account-inactive');
    const { id: provider, label } = arrival.settings;
    const identity = await this.#store.insert(em, { userId, provider, identity: arrival.identity });
    const values = { provider: label, change: 'linked' } as const;
    await this.#notifier.queue(em, { userId, to: user.email, template: 'identity-linked', values });
    const record = aboutUser(userId, 'identity.link', { provider });
    return this.#refresh(em, { user, identity, records: [record] }, arrival);
  }

  /** Opens an account. @throws SsoFailure `account-unknown`, DomainError `email-taken` when somebody was faster */
  async open(em: EntityManager, email: string, arrival: Arrival): Promise<Arrived> {
    if (!this.#autoCreate) throw new SsoFailure('account-unknown');
    const { identity: proved, settings } = arrival;
    const { id: userId } = await this.#registry.insert(em, {
      email,
      fullName: proved.fullName,
      hashedPassword: null,
      isAdmin: false,
    });
    const identity = await this.#store.insert(em, { userId, provider: settings.id, identity: proved });
    const user = await this.#registry.findLocked(em, userId);
    if (user === null) throw new SsoFailure('account-inactive');
    const record = aboutUser(userId, 'user.register', { role: 'user', provider: settings.id });
    return this.#refresh(em, { user, identity, records: [record] }, arrival);
  }

  async #refresh(em: EntityManager, arrived: Arrived, { settings, identity: proved }: Arrival): Promise<Arrived> {
    const { user, identity } = arrived;
    await this.#store.noteLogin(em, identity.id, { userId: user.id, provider: settings.id, identity: proved });
    // An account with a password of its own has a name of its own.
    const takesName = proved.fullName !== null && (!user.hashedPassword || !user.fullName);
    if (takesName && proved.fullName !== user.fullName) {
      await em.execute('update users set full_name = ?, updated_at = now() where id = ?', [proved.fullName, user.id]);
    }
    if (proved.isEmailVerified && !user.emailVerifiedAt && foldEmail(proved.email ?? '') === user.email) {
      await em.execute('update users set email_verified_at = now(), updated_at = now() where id = ?', [user.id]);
    }
    const records = [...arrived.records, ...(await this.#mapRole(em, arrived, { settings, identity: proved }))];
    const current = await this.#registry.findLocked(em, user.id);
    return { user: current ?? user, identity: await this.#store.current(em, identity.id), records };
  }

  /** Groups give the role, and take back only what they gave: nobody is thrown out by a provider that says nothing. */
  async #mapRole(em: EntityManager, { user, identity }: Arrived, arrival: Arrival): Promise<AuditRecord[]> {
    const { adminGroups, id: provider } = arrival.settings;
    const { groups } = arrival.identity;
    if (adminGroups.length === 0 || groups === null) return [];
    const isMember = groups.some((group) => adminGroups.includes(group));
    const isChange = isMember ? !user.isAdmin : user.isAdmin && identity.grantedAdmin;
    if (!isMember && identity.grantedAdmin) await this.#store.noteGrant(em, identity.id, false);
    if (!isChange) return [];
    if (isMember) await this.#store.noteGrant(em, identity.id, true);
    await em.execute('update users set is_admin = ?, updated_at = now() where id = ?', [isMember, user.id]);
    await this.#ending.endSessions(em, user.id);
    return [aboutUser(user.id, 'user.role-change', { role: isMember ? 'admin' : 'user', provider })];
  }
}

function aboutUser(userId: string, action: string, details: NonNullable<AuditRecord['details']>): AuditRecord {
  return { actorId: userId, action, outcome: 'success', targetType: 'user', targetId: userId, details };
}
