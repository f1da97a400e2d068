import { prepareDataFolder } from './data-folder.ts';
import type { Configuration } from './configuration.ts';
import { developmentSecrets } from './development-secrets.ts';
import { loadConfiguration } from './load-configuration.ts';
import { findMisspelt, type MisspeltVariable } from './misspelt-variables.ts';

/**
 * The configuration of this process: the environment, and in development generated secrets for what it lacks.
 *
 * @throws ConfigurationError naming every variable that breaks a rule
 */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const configuration = loadConfiguration(environment);
  const folder = prepareDataFolder(configuration.storage.dataDir);
  const hasSigningKey = configuration.auth.jwtSecret !== undefined || configuration.auth.jwtKeys !== undefined;
  if (configuration.http.isProduction || (hasSigningKey && configuration.secrets.keys)) return configuration;
  const generated = developmentSecrets(folder);
  return loadConfiguration({
    ...environment,
    ...(!hasSigningKey && { JWT_SECRET: generated.JWT_SECRET, JWT_KEYS: generated.JWT_KEYS }),
    ...(configuration.secrets.keys === undefined && { SECRETS_KEYS: generated.SECRETS_KEYS }),
  });
}

/** Variables of this process that look like one of the server and are none. */
export function misspeltVariables(): MisspeltVariable[] {
  return findMisspelt(process.env);
}
