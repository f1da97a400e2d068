/** What may stand in the details of an event: codes, counts and identifiers; never content, names or addresses of people. */
type AuditDetails = Record<string, string | number | boolean>;

/**
 * What the events of an action are about, and what they say of it.
 *
 * @typeParam Target kinds of things; null among them where the thing may be unknown, `never` where there is none
 * @typeParam Details `never` where there are none
 */
interface Describes<Target extends string | null = never, Details extends AuditDetails = never> {
  readonly target: Target;
  readonly details: Details;
}

type Role = {
  role: 'user' | 'admin';
  /** Name of the provider that gave it. */
  provider?: string;
};

/** What users do with their files. */
export type FileVerb =
  'list' | 'stat' | 'search' | 'quota' | 'download' | 'upload' | 'create_folder' | 'move' | 'copy' | 'delete';

type Counted = { count: number };
type Reason = { reason: string };
/** `code` where it failed: a problem code, or `aborted`. */
type MayFail = { code?: string };
/** What an operation with files counts. */
export type FileDetails = MayFail & { entries?: number; bytes?: number };
type SecondFactor = { method: 'totp' | 'recovery_code' | 'passkey' };

/** One event at the end of an operation, whatever the end; `begin` comes before content is handed out or changed. */
type FileActions = {
  readonly [Verb in FileVerb as `file.${Verb}`]: Describes<'file', FileDetails>;
} & { readonly [Verb in FileVerb as `file.${Verb}.begin`]: Describes<'file'> };

/** Every action of the audit trail, `<resource>.<verb>`. A name that is stored is never given to something else. */
export interface AuditActions extends FileActions {
  'access-token.create': Describes<'access-token', { scopes: string }>;
  'access-token.delete': Describes<'access-token'>;
  /** Target is the route that refused, or what belongs to somebody else. */
  'access.denied': Describes<'route' | 'session' | 'access-token', { reason?: string }>;
  /** Of a user, or of an address that nobody has. */
  'account.throttled': Describes<'user'>;
  'audit.export': Describes<never, { format: string }>;
  'audit.read': Describes<never, Counted>;
  'audit.verify': Describes<
    never,
    { checked?: number; reason?: string; first_bad_sequence?: number; anchored_sequence?: number }
  >;
  'document.index': Describes<'document', { chunks: number } | { state: string; reason: string }>;
  'identity.link': Describes<'user', { provider: string }>;
  'identity.unlink': Describes<'identity', { provider: string }>;
  'index-rules.change': Describes<'index-rules', { version: number }>;
  'key.rotate': Describes<'sealing-key', Counted>;
  'knowledge.query': Describes<never, { passages: number; citations: number }>;
  'mfa.challenge': Describes<'user', Partial<SecondFactor>>;
  'mfa.recovery-codes-renew': Describes<'user'>;
  'mfa.throttled': Describes<'user'>;
  'mfa.totp-disable': Describes<'user'>;
  'mfa.totp-enable': Describes<'user'>;
  'network.failures': Describes<never, Counted>;
  'nextcloud-group.create': Describes;
  'nextcloud-user.create': Describes<'nextcloud-user', MayFail>;
  'nextcloud-user.delete': Describes<'nextcloud-user', MayFail>;
  'nextcloud-user.disable': Describes<'nextcloud-user', MayFail>;
  'nextcloud-user.enable': Describes<'nextcloud-user', MayFail>;
  'nextcloud-user.group-add': Describes<'nextcloud-user', MayFail>;
  'nextcloud-user.group-remove': Describes<'nextcloud-user', MayFail>;
  'nextcloud-user.list': Describes<never, Counted>;
  /** What became of an account of this server in Nextcloud. */
  'nextcloud-user.provision': Describes<
    'user',
    MayFail & { state: 'provisioned' | 'matched' | 'failed' | 'enabled' | 'disabled' }
  >;
  'nextcloud-user.provision-list': Describes<never, Counted>;
  'nextcloud-user.provision-retry': Describes<'user'>;
  'nextcloud-user.read': Describes<'nextcloud-user'>;
  'nextcloud-user.update': Describes<'nextcloud-user', MayFail>;
  'nextcloud.doctor': Describes<never, { faults: number }>;
  'nextcloud.download': Describes<'file', MayFail>;
  'nextcloud.link': Describes<'nextcloud-account' | null, { scheme: string } | { code: string }>;
  'nextcloud.list': Describes<'file', MayFail>;
  'nextcloud.refused': Describes<'nextcloud-account', { state: 'invalid' | 'suspended' }>;
  'nextcloud.resumed': Describes<'nextcloud-account', { state: 'linked' }>;
  'nextcloud.revoke': Describes<'nextcloud-account', { revocation: string }>;
  'nextcloud.rotate': Describes<'nextcloud-account', MayFail>;
  'nextcloud.stat': Describes<'file', MayFail>;
  'nextcloud.unlink': Describes<'nextcloud-account'>;
  'outbound.tls-refused': Describes<'upstream', Reason>;
  'passkey.add': Describes<'passkey'>;
  'passkey.cloned': Describes<'passkey'>;
  'passkey.remove': Describes<'passkey'>;
  'scan.request': Describes<'job', { forced: boolean }>;
  'session.end': Describes<'session'>;
  'session.end-others': Describes<'user'>;
  /** Target is the session that was opened; of a failure the user, where there is one. */
  'session.login': Describes<'session' | 'user' | null, { methods: string } | Reason>;
  'session.logout': Describes<'session'>;
  'session.step-up': Describes<'session', { method: SecondFactor['method'] | 'password' } | Reason>;
  'sso.exchange': Describes<'user' | null>;
  /** Target is the user; the provider where the failure came before the user was known. */
  'sso.login': Describes<'user' | 'provider', { provider: string; reason?: string }>;
  'sso.logout': Describes<'provider', { sessions: number } | Reason>;
  'token.reuse': Describes<'session'>;
  'user.accept-invitation': Describes<'user'>;
  'user.deactivate': Describes<'user'>;
  'user.email-change': Describes<'user'>;
  'user.email-change-request': Describes<'user'>;
  'user.email-verify': Describes<'user'>;
  'user.erase': Describes<'user'>;
  'user.invite': Describes<'user', Role>;
  'user.list': Describes<never, Counted>;
  'user.password-change': Describes<'user', Partial<Reason>>;
  'user.password-forgotten': Describes<'user' | null>;
  'user.password-reset': Describes<'user'>;
  'user.password-reset-request': Describes<'user'>;
  'user.reactivate': Describes<'user'>;
  'user.read': Describes<'user'>;
  'user.register': Describes<'user' | null, Role | Reason>;
  'user.role-change': Describes<'user', Role>;
  'user.sessions-revoke': Describes<'user'>;
  'user.update': Describes<'user', { fields: string }>;
  'webhook.refused': Describes<never, Reason>;
}

/** Name of an action. */
export type AuditAction = keyof AuditActions;
