import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { ENTITIES } from './app.entities.ts';
import { AppModule } from './app.module.ts';
import { ConfigurationError } from './config/load-configuration.ts';
import { readEnvironment } from './config/read-environment.ts';
import { InFlight } from './http/in-flight.ts';
import { configuredLocation } from './persistence/configured-location.ts';
import { openDatabase } from './persistence/open-database.ts';

const FAILURE = 1;

/** The environment of a command that needs no application. */
export function commandEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** Runs an operator's command on the configured database and ends the process with its exit code. */
export async function runCommand(work: (app: INestApplicationContext) => Promise<number>): Promise<never> {
  try {
    const configuration = readEnvironment({
      ...process.env,
      PROCESS_ROLE: 'api',
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    });
    const open = await openDatabase(configuredLocation(configuration.storage), ENTITIES);
    const module = AppModule.register({ configuration, open, inFlight: new InFlight() });
    const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'fatal'] });
    const exitCode = await work(app);
    await app.close();
    process.exit(exitCode);
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigurationError ? error.message : String(error)}\n`);
    process.exit(FAILURE);
  }
}
