import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { Leftovers } from './leftovers.ts';

type FakeTimersOptions = ConstructorParameters<typeof ModernFakeTimers>[0];

/** The test environment of jest without a context of its own: a test file sees the globals of its worker. */
export default class SharedEnvironment {
  readonly global = globalThis;
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimersModern: ModernFakeTimers;
  readonly fakeTimers = null;
  readonly #console = globalThis.console;
  readonly #exit = process.exit;
  #leftovers: Leftovers | undefined;

  constructor({ projectConfig }: { readonly projectConfig: FakeTimersOptions['config'] }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup(): Promise<void> {
    this.#leftovers = new Leftovers();
    await Promise.resolve();
  }

  /** @throws Error when the file leaves something behind that the next one would meet */
  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    globalThis.console = this.#console;
    process.exit = this.#exit;
    Reflect.deleteProperty(globalThis, Symbol.for('TEST_TIMEOUT_SYMBOL'));
    const left = (await this.#leftovers?.find()) ?? [];
    if (left.length > 0) throw new Error(`This file leaves behind: ${left.join(', ')}`);
  }

  exportConditions(): string[] {
    return ['node', 'node-addons'];
  }

  getVmContext(): null {
    return null;
  }
}
