import { randomBytes } from 'node:crypto';
import { prepareDataFolder } from './data-folder.ts';
import { developmentSecrets, replaceDevelopmentSecrets } from './development-secrets.ts';
import { jwtKeys, type JwtKey } from './jwt-keys.ts';
import { loadConfiguration } from './load-configuration.ts';
import { Secret } from './secret.ts';

const SECRET_BYTES = 64;
/** Access tokens are valid for an hour at most: older keys verify nothing any more. */
const MAX_OLD_KEYS = 2;

/** What a change of the signing key came to. */
export type SigningRotation =
  /** The keys are the operator's: nothing was touched. */
  | { readonly kind: 'to-be-stored'; readonly kid: string; readonly line: string; readonly keepsJwtSecret: boolean }
  /** The keys are those of the data folder: its file was replaced. */
  | { readonly kind: 'stored'; readonly kid: string };

/**
 * Makes the next signing key. In development, where the keys are in the data folder, they are replaced there; else the
 * new value of JWT_KEYS is returned for the place where the operator keeps secrets.
 *
 * @param environment name to text
 * @throws ConfigurationError naming every variable that breaks a rule
 */
export function rotateSigningKey(environment: Readonly<Record<string, string | undefined>>): SigningRotation {
  const { http, auth, storage } = loadConfiguration(environment);
  const next: JwtKey = { kid: newKid(), secret: randomBytes(SECRET_BYTES).toString('base64url') };
  if (http.isProduction || auth.jwtKeys !== undefined || auth.jwtSecret !== undefined) {
    const listed = jwtKeys(auth.jwtKeys === undefined ? {} : { jwtKeys: auth.jwtKeys });
    const line = `JWT_KEYS=${listOf([next, ...listed])}`;
    return { kind: 'to-be-stored', kid: next.kid, line, keepsJwtSecret: auth.jwtSecret !== undefined };
  }
  const folder = prepareDataFolder(storage.dataDir);
  const { JWT_SECRET, JWT_KEYS, SECRETS_KEYS } = developmentSecrets(folder);
  const old = jwtKeys({
    ...(JWT_SECRET !== undefined && { jwtSecret: new Secret(JWT_SECRET) }),
    ...(JWT_KEYS !== undefined && { jwtKeys: new Secret(JWT_KEYS) }),
  });
  replaceDevelopmentSecrets(folder, { JWT_KEYS: listOf([next, ...old]), SECRETS_KEYS });
  return { kind: 'stored', kid: next.kid };
}

function listOf(keys: readonly JwtKey[]): string {
  return keys
    .slice(0, 1 + MAX_OLD_KEYS)
    .map(({ kid, secret }) => `${kid}:${secret}`)
    .join(',');
}

/** The day, for the operator, and something that makes it unique. */
function newKid(): string {
  return `k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(3).toString('hex')}`;
}
