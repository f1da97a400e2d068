import { availableParallelism } from 'node:os';
// Names the run, before there are workers to inherit the name.
import './test/support/test-run.ts';

/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  runtime: '<rootDir>/test/runner/shared-runtime.ts',
  testEnvironment: '<rootDir>/test/runner/shared-environment.ts',
  testSequencer: '<rootDir>/test/runner/sequencer.ts',
  showSeed: true,
  // Node compiles what jest and the tests load: test/runner/module-hooks.ts.
  transform: {},
  injectGlobals: false,
  // Ends what hangs, and nothing else: on a busy machine a test of two seconds may take half a minute.
  testTimeout: 180_000,
  // A worker waits for child processes and timers half of its time.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
