import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import { createApp, type CreatedApp } from './app.setup.ts';
import { InitialAdministrator } from './auth/accounts/initial-administrator.ts';
import { ComputePool } from './compute/compute-pool.ts';
import type { Configuration } from './config/configuration.ts';
import { ConfigurationError } from './config/load-configuration.ts';
import { misspeltVariables, readEnvironment } from './config/read-environment.ts';
import { failureForLog } from './problem/failure-for-log.ts';

const FAILURE = 1;
const SHARE_OF_COMPUTING = 0.75;

// Node lets the heap grow several times as large as what is alive in it; half as much again is as fast.
setFlagsFromString('--heap-growing-percent=50');

async function start(configuration: Configuration): Promise<void> {
  const created = await createApp(configuration);
  for (const { name, meant } of misspeltVariables()) {
    new Logger('Configuration').warn(
      { name, meant },
      'A variable of the environment is not read; another may be meant',
    );
  }
  endOnUncaughtError();
  stopOnSignal(created, configuration.http.shutdownGraceSeconds * 1000);
  await created.app.listen(configuration.http.port, configuration.http.host);
  await announce(created, configuration);
}

/** Where the server answers: for a person at a terminal in plain lines, else in one line of the log. */
async function announce({ app }: CreatedApp, { http, storage }: Configuration): Promise<void> {
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  if (!process.stdout.isTTY) {
    new Logger('Server').log({ url, dataFolder: storage.dataDir }, 'listening');
    return;
  }
  const link = app.get(InitialAdministrator, { strict: false }).setUpLink;
  const docs = http.servesSwagger ? `, documentation at ${url}/docs` : '';
  const administrator = link === null ? '' : `  No administrator yet. Make the first one: ${link}\n`;
  process.stdout.write(`\n  VoiceAssist server at ${url}${docs}\n  Data in ${storage.dataDir}\n${administrator}\n`);
}

/**
 * What nobody caught leaves the process in a state that nobody knows: it says so in one line, without the message,
 * which may quote content, and ends. Whoever runs it starts it again; jobs in progress are taken up again.
 */
function endOnUncaughtError(): void {
  process.on('uncaughtException', (error) => {
    new Logger('Process').fatal({ ...failureForLog(error) }, 'An error that nobody caught ends this process');
    process.exit(FAILURE);
  });
}

/**
 * Stops in this order: /ready says 503, requests in flight end, those that compute after three quarters of the time are
 * answered 503, jobs checkpoint, connections close.
 */
function stopOnSignal({ app, inFlight }: CreatedApp, graceMs: number): void {
  const stop = (): void => {
    void inFlight
      .drain(graceMs * SHARE_OF_COMPUTING)
      .then(() => app.get(ComputePool).stop())
      .then(() => inFlight.drain(graceMs * (1 - SHARE_OF_COMPUTING)))
      .then(() => app.close())
      .then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

try {
  await start(readEnvironment());
} catch (error) {
  // The logger may not exist yet, and its output would be lost with the process.
  process.stderr.write(`${error instanceof ConfigurationError ? error.message : String(error)}\n`);
  process.exit(FAILURE);
}
