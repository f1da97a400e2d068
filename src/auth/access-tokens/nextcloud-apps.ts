import type { Scope } from '../../access/scopes.ts';

/** A Nextcloud app of this repository that a user may connect. */
export interface NextcloudAppGrant {
  /** As people know it. */
  readonly title: string;
  /** What its token may do; the scopes of the operations that it calls (nextcloud-apps/<app>/appinfo/operations.json). */
  readonly scopes: readonly Scope[];
}

export const NEXTCLOUD_APP_GRANTS = {
  voiceassist_client: {
    title: 'VoiceAssist: ask your documents',
    scopes: ['documents:read', 'files:index', 'jobs:read', 'knowledge:query'],
  },
  voiceassist_admin: {
    title: 'VoiceAssist: state of the server',
    scopes: ['nextcloud:read', 'jobs:read', 'operations:read'],
  },
} as const satisfies Record<string, NextcloudAppGrant>;

/** Id of such an app. */
export type NextcloudAppId = keyof typeof NEXTCLOUD_APP_GRANTS;

/** Whether a text is the id of such an app. */
export function isNextcloudApp(text: string): text is NextcloudAppId {
  return Object.hasOwn(NEXTCLOUD_APP_GRANTS, text);
}

/**
 * Whether a code for an app may be sent to an address: the page of that app in the configured Nextcloud, and nowhere
 * else (RFC 9700 section 2.1).
 *
 * @param browserUrl address at which browsers open Nextcloud
 */
export function isRedirectUriOf(app: NextcloudAppId, redirectUri: string, browserUrl: string | undefined): boolean {
  const target = URL.parse(redirectUri);
  if (target === null || browserUrl === undefined) return false;
  const isPlain = target.search === '' && target.hash === '' && target.username === '' && target.password === '';
  return isPlain && target.origin === new URL(browserUrl).origin && target.pathname.endsWith(`/apps/${app}/connected`);
}
