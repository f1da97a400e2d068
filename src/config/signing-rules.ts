import type { SigningConfig } from './signing.config.ts';

const LEAST_KEY_BYTES = 32;
const LEAST_WEBHOOK_SECRET = 32;
const KEY = /^[A-Za-z0-9_-]{1,32}:([A-Za-z0-9+/]{43,}={0,2})(:webhooks)?$/;

/** Rules of the keys that requests are signed with. @returns the broken ones in words, with names and never with values */
export function brokenSigningRules({ keys, webhookSecret }: SigningConfig): string[] {
  const broken: string[] = [];
  const entries = keys?.reveal().split(',') ?? [];
  const encoded = entries.map((entry) => KEY.exec(entry.trim())?.[1] ?? '');
  if (encoded.some((text) => Buffer.from(text, 'base64').length < LEAST_KEY_BYTES)) {
    broken.push('REQUEST_SIGNING_KEYS must list id:key pairs with keys of at least 32 bytes in base64');
  }
  const ids = entries.map((entry) => entry.trim().split(':')[0]);
  if (new Set(ids).size < ids.length) broken.push('REQUEST_SIGNING_KEYS must name each key id once');
  if (webhookSecret !== undefined && webhookSecret.length < LEAST_WEBHOOK_SECRET) {
    broken.push('NEXTCLOUD_WEBHOOK_SECRET must have at least 32 characters');
  }
  return broken;
}
