import { Injectable } from '@nestjs/common';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { AuditRecord } from '../../audit/audit-record.ts';
import type { ProviderSettings } from '../../config/sso-providers.ts';
import { SsoConfig } from '../../config/sso.config.ts';
import { Notifier } from '../../notifications/notifier.ts';
import { AccountLifecycle } from '../../users/account-lifecycle.ts';
import type { User } from '../../users/user.entity.ts';
import { normalizeEmail, UsersRepository } from '../../users/users.repository.ts';
import type { Identity } from './identity.entity.ts';
import type { VerifiedIdentity } from './identity-provider.port.ts';
import { Identities } from './identities.ts';
import { OidcError } from './oidc.errors.ts';

/** A verified identity, with the settings of its provider. */
export interface IncomingIdentity {
  readonly settings: ProviderSettings;
  readonly identity: VerifiedIdentity;
}

/** The account that an identity belongs to. */
export interface ResolvedAccount {
  /** As it is now, locked. */
  readonly user: User;
  readonly identity: Identity;
  /** To be appended last. */
  readonly records: readonly AuditRecord[];
}

/** Signs in, links or creates the account of an identity, and takes over what the provider says. */
@Injectable()
export class JustInTimeAccounts {
  readonly #autoCreate: boolean;

  constructor(
    private readonly users: UsersRepository,
    private readonly identities: Identities,
    private readonly notifier: Notifier,
    private readonly lifecycle: AccountLifecycle,
    config: SsoConfig,
  ) {
    this.#autoCreate = config.autoCreate;
  }

  /** @throws OidcError `account-inactive` */
  async signIn(em: EntityManager, found: Identity, incoming: IncomingIdentity): Promise<ResolvedAccount> {
    const user = await this.users.findLocked(em, found.userId);
    if (user?.isActive !== true) throw new OidcError('account-inactive');
    return this.#refresh(em, { user, identity: found, records: [] }, incoming);
  }

  /** Links an identity to an account that exists, and tells its owner. @throws OidcError `account-inactive` */
  async link(em: EntityManager, userId: string, incoming: IncomingIdentity): Promise<ResolvedAccount> {
    const user = await this.users.findLocked(em, userId);
    if (user?.isActive !== true) throw new OidcError('account-inactive');
    const { id: provider, label } = incoming.settings;
    const identity = await this.identities.insert(em, { userId, provider, identity: incoming.identity });
    const values = { provider: label, change: 'linked' } as const;
    await this.notifier.queue(em, { userId, to: user.email, template: 'identity-linked', values });
    const record: AuditRecord = { ...aboutUser(userId), action: 'identity.link', details: { provider } };
    return this.#refresh(em, { user, identity, records: [record] }, incoming);
  }

  /** Creates an account. @throws OidcError `account-unknown`, DomainError `email-taken` when somebody was faster */
  async create(em: EntityManager, email: string, incoming: IncomingIdentity): Promise<ResolvedAccount> {
    if (!this.#autoCreate) throw new OidcError('account-unknown');
    const { identity: verified, settings } = incoming;
    const { id: userId } = await this.users.insert(em, {
      email,
      fullName: verified.fullName,
      hashedPassword: null,
      isAdmin: false,
    });
    const identity = await this.identities.insert(em, { userId, provider: settings.id, identity: verified });
    const user = await this.users.findLocked(em, userId);
    if (user === null) throw new OidcError('account-inactive');
    const details = { role: 'user', provider: settings.id } as const;
    const record: AuditRecord = { ...aboutUser(userId), action: 'user.register', details };
    return this.#refresh(em, { user, identity, records: [record] }, incoming);
  }

  async #refresh(
    em: EntityManager,
    resolved: ResolvedAccount,
    { settings, identity: verified }: IncomingIdentity,
  ): Promise<ResolvedAccount> {
    const { user, identity } = resolved;
    await this.identities.recordLogin(em, identity.id, { userId: user.id, provider: settings.id, identity: verified });
    // An account with a password of its own has a name of its own.
    const takesName = verified.fullName !== null && (!user.hashedPassword || !user.fullName);
    if (takesName && verified.fullName !== user.fullName) {
      await em.execute('update users set full_name = ?, updated_at = now() where id = ?', [verified.fullName, user.id]);
    }
    if (verified.isEmailVerified && !user.emailVerifiedAt && normalizeEmail(verified.email ?? '') === user.email) {
      await em.execute('update users set email_verified_at = now(), updated_at = now() where id = ?', [user.id]);
    }
    const records = [...resolved.records, ...(await this.#mapRole(em, resolved, { settings, identity: verified }))];
    const current = await this.users.findLocked(em, user.id);
    return { user: current ?? user, identity: await this.identities.current(em, identity.id), records };
  }

  /** Groups give the role, and take back only what they gave: nobody is thrown out by a provider that says nothing. */
  async #mapRole(
    em: EntityManager,
    { user, identity }: ResolvedAccount,
    incoming: IncomingIdentity,
  ): Promise<AuditRecord[]> {
    const { adminGroups, id: provider } = incoming.settings;
    const { groups } = incoming.identity;
    if (adminGroups.length === 0 || groups === null) return [];
    const isMember = groups.some((group) => adminGroups.includes(group));
    const isChange = isMember ? !user.isAdmin : user.isAdmin && identity.grantedAdmin;
    if (!isMember && identity.grantedAdmin) await this.identities.recordGrant(em, identity.id, false);
    if (!isChange) return [];
    if (isMember) await this.identities.recordGrant(em, identity.id, true);
    await em.execute('update users set is_admin = ?, updated_at = now() where id = ?', [isMember, user.id]);
    await this.lifecycle.endSessions(em, user.id);
    const details = { role: isMember ? 'admin' : 'user', provider } as const;
    return [{ ...aboutUser(user.id), action: 'user.role-change', details }];
  }
}

function aboutUser(userId: string) {
  return { actorId: userId, outcome: 'success', targetType: 'user', targetId: userId } as const;
}
