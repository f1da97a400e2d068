/** What is believed of a webhook: that something may have happened to the files of this Nextcloud user. */
export interface WebhookHint {
  readonly uid: string;
}

/** `Before...` events come before there is anything to see. */
const FILE_EVENT = /^OCP\\Files\\Events\\Node\\Node\w{1,64}$/;
const LONGEST_UID = 255;

/**
 * Reads a body of Nextcloud's webhook_listeners app: `{"event": {"class": ...}, "user": {"uid": ...}, "time": ...}`.
 * Only the class and the user id are looked at; null for what is about no file or names nobody.
 */
export function findHint(body: unknown): WebhookHint | null {
  const eventClass = member(member(body, 'event'), 'class');
  const uid = member(member(body, 'user'), 'uid');
  if (typeof eventClass !== 'string' || !FILE_EVENT.test(eventClass)) return null;
  return typeof uid === 'string' && uid !== '' && uid.length <= LONGEST_UID && uid.isWellFormed() && !uid.includes('\0')
    ? { uid }
    : null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
