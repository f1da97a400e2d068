import type { Configuration } from './configuration.ts';
import { brokenJwtKeyRules } from './jwt-keys.ts';
import { brokenSigningRules } from './signing-rules.ts';
import { brokenSsoRules, ssoSecrets } from './sso-rules.ts';

const IMPLICIT_TLS_PORT = 465;
const LEAST_METRICS_TOKEN = 16;
const LEAST_BCRYPT_ROUNDS = 12;
const PLACEHOLDERS = /change[-_ ]?(me|in|this|it)|dev[-_ ]?password|your[-_ ]|<.*>|example|^(secret|password|admin)/i;
// Base64 or base64url of 32 bytes is 43 characters and a padding that some tools leave out.
const KEY_RING =
  /^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?(\s*,\s*[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/_-]{43}=?(:verify)?)*$/;

/**
 * Rules that concern more than one variable, or production only.
 *
 * @returns the broken ones in words, with names and never with values
 */
export function brokenRules(configuration: Configuration): string[] {
  const { http, auth, secrets } = configuration;
  const broken = brokenJwtKeyRules(auth);
  if (secrets.keys !== undefined && !KEY_RING.test(secrets.keys.reveal())) {
    broken.push('SECRETS_KEYS must list id:key pairs with keys of 32 bytes in base64');
  }
  if ((auth.initialAdminEmail === undefined) !== (auth.initialAdminPassword === undefined)) {
    broken.push('INITIAL_ADMIN_EMAIL and INITIAL_ADMIN_PASSWORD go together');
  }
  if (http.metricsToken && http.metricsToken.length < LEAST_METRICS_TOKEN) {
    broken.push(`METRICS_TOKEN must have at least ${LEAST_METRICS_TOKEN} characters`);
  }
  if (configuration.storage.databaseOwnerUrl && !configuration.storage.databaseUrl) {
    broken.push('DATABASE_OWNER_URL needs DATABASE_URL');
  }
  if ((configuration.nextcloud.adminUser === undefined) !== (configuration.nextcloud.adminPassword === undefined)) {
    broken.push('NEXTCLOUD_ADMIN_USER and NEXTCLOUD_ADMIN_PASSWORD go together');
  }
  const { autoProvision, adminUser, url } = configuration.nextcloud;
  if (autoProvision !== 'off' && (adminUser === undefined || url === undefined)) {
    broken.push('NEXTCLOUD_AUTO_PROVISION needs NEXTCLOUD_URL and NEXTCLOUD_ADMIN_USER');
  }
  broken.push(...brokenSsoRules(configuration));
  broken.push(...brokenSigningRules(configuration.signing));
  broken.push(...brokenMailRules(configuration));
  return http.isProduction ? [...broken, ...brokenInProduction(configuration)] : broken;
}

/** What would let somebody between this server and those it asks. */
function brokenUpstreamRules({ storage, outbound, nextcloud }: Configuration): string[] {
  const broken: string[] = [];
  if (storage.qdrantUrl?.startsWith('http:') === true && !storage.qdrantAllowHttp) {
    broken.push('QDRANT_URL must be https in production (or QDRANT_ALLOW_HTTP=true)');
  }
  if (outbound.nodeTlsSwitch === '0') {
    broken.push('NODE_TLS_REJECT_UNAUTHORIZED=0 is not accepted in production: give OUTBOUND_CA_FILE your authority');
  }
  const inTheClear = [nextcloud.url, storage.qdrantUrl].filter((url) => url?.startsWith('http:') === true);
  const hosts = inTheClear.map((url) => new URL(url ?? '').hostname);
  if (outbound.pins.some((pin) => hosts.includes(pin.toLowerCase().replace(/(:[0-9]+)?=.*$/, '')))) {
    broken.push('OUTBOUND_PINS names a server that is asked over http');
  }
  return broken;
}

function brokenMailRules({ mail }: Configuration): string[] {
  const broken: string[] = [];
  if ((mail.username === undefined) !== (mail.password === undefined)) {
    broken.push('EMAIL_USERNAME and EMAIL_PASSWORD go together');
  }
  if (mail.isConfigured && mail.from === undefined) broken.push('EMAIL_FROM is required with EMAIL_SMTP_HOST');
  if (mail.smtpSecurity === 'none' && mail.password !== undefined) {
    broken.push('EMAIL_PASSWORD is not sent without TLS: EMAIL_SMTP_SECURITY must be starttls or tls');
  }
  if (mail.smtpPort === IMPLICIT_TLS_PORT && mail.smtpSecurity === 'starttls') {
    broken.push('EMAIL_SMTP_PORT=465 speaks TLS from the first byte: EMAIL_SMTP_SECURITY must be tls');
  }
  return broken;
}

function brokenInProduction(configuration: Configuration): string[] {
  const { auth, storage, secrets, nextcloud, mail, http } = configuration;
  const broken: string[] = [];
  if (!auth.jwtSecret && !auth.jwtKeys) broken.push('JWT_SECRET or JWT_KEYS is required in production');
  if (auth.bcryptRounds < LEAST_BCRYPT_ROUNDS) broken.push('BCRYPT_ROUNDS must be at least 12 in production');
  if (!secrets.keys) broken.push('SECRETS_KEYS is required in production');
  if (!storage.databaseUrl && !storage.allowEmbeddedDatabase) {
    broken.push('DATABASE_URL is required in production (or ALLOW_EMBEDDED_DATABASE=true)');
  }
  if (nextcloud.url?.startsWith('http:') && !nextcloud.allowHttp) {
    broken.push('NEXTCLOUD_URL must be https in production (or NEXTCLOUD_ALLOW_HTTP=true)');
  }
  broken.push(...brokenUpstreamRules(configuration));
  for (const [name, url] of Object.entries({ PUBLIC_URL: http.publicUrl, FRONTEND_URL: http.frontendUrl })) {
    if (url?.startsWith('http:') === true) broken.push(`${name} must be https in production`);
  }
  if (auth.emailVerification === 'required' && !mail.isConfigured) {
    broken.push('EMAIL_VERIFICATION=required needs EMAIL_SMTP_HOST in production');
  }
  if (mail.isConfigured && mail.smtpSecurity === 'none' && !mail.isLoopback) {
    broken.push('EMAIL_SMTP_SECURITY=none is for a relay on this host only in production');
  }
  const secretsByName = {
    JWT_SECRET: auth.jwtSecret,
    JWT_KEYS: auth.jwtKeys,
    SECRETS_KEYS: secrets.keys,
    REQUEST_SIGNING_KEYS: configuration.signing.keys,
    NEXTCLOUD_WEBHOOK_SECRET: configuration.signing.webhookSecret,
    NEXTCLOUD_ADMIN_PASSWORD: nextcloud.adminPassword,
    INITIAL_ADMIN_PASSWORD: auth.initialAdminPassword,
    EMAIL_PASSWORD: mail.password,
    DATABASE_URL: storage.databaseUrl,
    DATABASE_OWNER_URL: storage.databaseOwnerUrl,
    REDIS_URL: storage.redisUrl,
    ...ssoSecrets(configuration),
  };
  for (const [name, value] of Object.entries(secretsByName)) {
    if (value !== undefined && secretsIn(name, value.reveal()).some((text) => PLACEHOLDERS.test(text)))
      broken.push(`${name} must not be a placeholder or an example value`);
  }
  return broken;
}

/** What is secret in the value of a variable: the password of a URL, each key of a list, or all of it. */
function secretsIn(name: string, value: string): string[] {
  if (name.endsWith('_URL')) return URL.canParse(value) ? [decodeURIComponent(new URL(value).password)] : [];
  return name === 'JWT_KEYS' ? value.split(',').map((entry) => entry.replace(/^[^:]*:/, '').trim()) : [value];
}
