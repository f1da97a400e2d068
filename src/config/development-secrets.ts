import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'development-secrets.json';
const OWNER_ONLY = 0o600;

/** Names of the variables that development fills in by itself: one of the two for signing, and the key ring. */
export type DevelopmentSecrets = Readonly<Partial<Record<'JWT_SECRET' | 'JWT_KEYS', string>>> &
  Readonly<Record<'SECRETS_KEYS', string>>;

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

/** Puts other secrets in the place of the ones in the data folder: at every moment the file is the old one or the new one. */
export function replaceDevelopmentSecrets(dataFolder: string, secrets: DevelopmentSecrets): void {
  const path = join(dataFolder, FILE);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, JSON.stringify(secrets, null, 2), { mode: OWNER_ONLY, flag: 'wx', flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
