/** What a personal access token can be allowed to do, each in the words that its owner reads. */
export const SCOPES = {
  'profile:read': 'Read your profile.',
  'nextcloud:read': 'See which Nextcloud account is linked.',
  'files:read': 'List, search and download your files.',
  'files:write': 'Upload, move, copy and delete your files.',
  'files:index': 'Scan and index your files.',
  'jobs:read': 'Follow your jobs.',
  'jobs:write': 'Cancel your jobs.',
  'documents:read': 'See your indexed documents.',
  'knowledge:query': 'Ask questions to your documents.',
  'users:read': 'Read accounts (administrators).',
  'users:write': 'Change accounts (administrators).',
  'nextcloud-users:read': 'See users and groups of Nextcloud (administrators).',
  'nextcloud-users:write': 'Create and change users and groups of Nextcloud (administrators).',
  'operations:read': 'See the jobs of all users in numbers (administrators).',
  'audit:read': 'Read, verify and export the audit trail (administrators).',
} as const;

/** Name of a scope (RFC 6749 section 3.3). */
export type Scope = keyof typeof SCOPES;

/** Scopes of operations that are closed to everybody but administrators. */
export const ADMIN_SCOPES: ReadonlySet<Scope> = new Set<Scope>([
  'users:read',
  'users:write',
  'nextcloud-users:read',
  'nextcloud-users:write',
  'operations:read',
  'audit:read',
]);

/** Whether only an administrator may have a token of these scopes. */
export function needAdministrator(scopes: readonly Scope[]): boolean {
  return scopes.some((scope) => ADMIN_SCOPES.has(scope));
}

/** Whether a text names a scope. */
export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text);
}
