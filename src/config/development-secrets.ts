import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'development-secrets.json';
const OWNER_ONLY = 0o600;

/** Names of the variables that development fills in by itself. */
export type DevelopmentSecrets = Readonly<Record<'JWT_SECRET' | 'SECRETS_KEYS', string>>;

/** Secrets of a development server, made on first start and kept in the data folder (0600). Production never calls this. */
export function developmentSecrets(dataFolder: string): DevelopmentSecrets {
  const path = join(dataFolder, FILE);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as DevelopmentSecrets;
  const secrets: DevelopmentSecrets = {
    JWT_SECRET: randomBytes(64).toString('base64url'),
    SECRETS_KEYS: `dev:${randomBytes(32).toString('base64')}`,
  };
  writeFileSync(path, JSON.stringify(secrets, null, 2), { mode: OWNER_ONLY, flag: 'wx' });
  return secrets;
}
