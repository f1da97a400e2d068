import { Buffer } from 'node:buffer';
import type { Configuration } from './configuration.ts';

const LEAST_KEY_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;
const PLACEHOLDERS = /change[-_ ]?(me|in|this|it)|dev[-_ ]?password|your[-_ ]|<.*>|example|^(secret|password|admin)/i;
// Base64 or base64url of 32 bytes is 43 characters and a padding that some tools leave out.
const KEY_RING = /^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?(\s*,\s*[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?)*$/;

/**
 * Rules that concern more than one variable, or production only.
 *
 * @returns the broken ones in words, with names and never with values
 */
export function brokenRules(configuration: Configuration): string[] {
  const { http, auth, secrets } = configuration;
  const broken: string[] = [];
  const secret = auth.jwtSecret?.reveal();
  const leastBytes = LEAST_KEY_BYTES[auth.jwtAlgorithm];
  if (secret !== undefined && Buffer.byteLength(secret) < leastBytes) {
    broken.push(`JWT_SECRET must have at least ${leastBytes} bytes for ${auth.jwtAlgorithm}`);
  }
  if (secrets.keys !== undefined && !KEY_RING.test(secrets.keys.reveal())) {
    broken.push('SECRETS_KEYS must list id:key pairs with keys of 32 bytes in base64');
  }
  if ((auth.initialAdminEmail === undefined) !== (auth.initialAdminPassword === undefined)) {
    broken.push('INITIAL_ADMIN_EMAIL and INITIAL_ADMIN_PASSWORD go together');
  }
  if ((configuration.nextcloud.adminUser === undefined) !== (configuration.nextcloud.adminPassword === undefined)) {
    broken.push('NEXTCLOUD_ADMIN_USER and NEXTCLOUD_ADMIN_PASSWORD go together');
  }
  return http.isProduction ? [...broken, ...brokenInProduction(configuration)] : broken;
}

function brokenInProduction({ auth, storage, secrets, nextcloud }: Configuration): string[] {
  const broken: string[] = [];
  if (!auth.jwtSecret) broken.push('JWT_SECRET is required in production');
  if (!secrets.keys) broken.push('SECRETS_KEYS is required in production');
  if (!storage.databaseUrl && !storage.allowEmbeddedDatabase) {
    broken.push('DATABASE_URL is required in production (or ALLOW_EMBEDDED_DATABASE=true)');
  }
  if (nextcloud.url?.startsWith('http:') && !nextcloud.allowHttp) {
    broken.push('NEXTCLOUD_URL must be https in production (or NEXTCLOUD_ALLOW_HTTP=true)');
  }
  const secretsByName = {
    JWT_SECRET: auth.jwtSecret,
    SECRETS_KEYS: secrets.keys,
    NEXTCLOUD_ADMIN_PASSWORD: nextcloud.adminPassword,
    INITIAL_ADMIN_PASSWORD: auth.initialAdminPassword,
    DATABASE_URL: storage.databaseUrl,
    REDIS_URL: storage.redisUrl,
  };
  for (const [name, value] of Object.entries(secretsByName)) {
    const text = name.endsWith('_URL') ? passwordOf(value?.reveal()) : value?.reveal();
    if (text !== undefined && PLACEHOLDERS.test(text))
      broken.push(`${name} must not be a placeholder or an example value`);
  }
  return broken;
}

function passwordOf(url: string | undefined): string | undefined {
  return url === undefined || !URL.canParse(url) ? undefined : decodeURIComponent(new URL(url).password);
}
