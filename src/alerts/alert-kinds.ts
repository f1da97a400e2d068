import type { AuditAction } from '../audit/audit-actions.ts';

/** What administrators are told of, each in the words of the message. */
export const ALERTS = {
  'token-reuse': 'A refresh token was used twice, which points to theft; its session has ended',
  'account-throttled': 'The password or second factor of an account was guessed wrongly many times',
  'network-failures': 'Many logins from one network have failed',
  'cloned-passkey': 'A passkey answered like a copy of it would',
  'admin-read': 'An administrator has read data of others',
  'audit-broken': 'The audit trail is not as it was written',
} as const;

export type AlertKind = keyof typeof ALERTS;

/** Action under which many failures from one network are recorded. */
export const NETWORK_FAILURES = 'network.failures' satisfies AuditAction;

const KIND_OF_ACTION: Readonly<Record<string, AlertKind>> = {
  'token.reuse': 'token-reuse',
  'account.throttled': 'account-throttled',
  'mfa.throttled': 'account-throttled',
  [NETWORK_FAILURES]: 'network-failures',
  'passkey.cloned': 'cloned-passkey',
  'user.read': 'admin-read',
  'user.list': 'admin-read',
  'audit.export': 'admin-read',
} satisfies Partial<Record<AuditAction, AlertKind>>;

/** The part of an event that decides. */
export interface AlertCause {
  readonly action: string;
  readonly outcome: string;
}

/** What administrators are to be told because of an event; null for most events. */
export function alertKindOf({ action, outcome }: AlertCause): AlertKind | null {
  if (action === 'audit.verify') return outcome === 'failure' ? 'audit-broken' : null;
  return KIND_OF_ACTION[action] ?? null;
}
