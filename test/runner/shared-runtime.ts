import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { jest } from '@jest/globals';
import { setGlobals } from './jest-globals.ts';
import { sourceMaps } from './module-hooks.ts';
import type SharedEnvironment from './shared-environment.ts';

const require = createRequire(import.meta.url);
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');

/** How the process of jest tells a worker to end (jest-worker's CHILD_MESSAGE_END). */
const END = 2;

// What files share would keep a worker alive. Databases and folders are removed by the global teardown.
process.on('message', (message) => {
  if (Array.isArray(message) && message[0] === END) process.exit();
});

type Jest = typeof jest;
type Globals = Parameters<typeof setGlobals>[0];

/**
 * Loads test files with the loader of Node, so that all files of a worker share one module graph: jest's own runtime
 * loads the application anew for each file, which takes longer than most of their tests.
 */
export default class SharedRuntime {
  readonly #environment: SharedEnvironment;
  readonly #testPath: string;

  // The order of jest-runtime's constructor.
  constructor(
    _config: unknown,
    environment: SharedEnvironment,
    _resolver: unknown,
    _transformer: unknown,
    _cacheFS: unknown,
    _coverage: unknown,
    testPath: string,
  ) {
    this.#environment = environment;
    this.#testPath = testPath;
  }

  unstable_shouldLoadAsEsm(): boolean {
    return true;
  }

  /** A test file is loaded at each of its runs, what it imports once. */
  async unstable_importModule(path: string): Promise<void> {
    const { href } = pathToFileURL(path);
    await import(path === this.#testPath ? `${href}?run=${String(performance.now())}` : href);
  }

  /** jest-circus keeps what a file declares in its module, so each file gets a new one. */
  requireInternalModule(path: string): unknown {
    Reflect.deleteProperty(globalThis, EVENT_HANDLERS);
    Reflect.deleteProperty(require.cache, require.resolve(path));
    return require(path);
  }

  requireModule(path: string): unknown {
    return require(path);
  }

  setGlobalsForRuntime(globals: Globals): void {
    setGlobals({ ...globals, jest: this.#jest() as Globals['jest'] & object });
  }

  #jest(): Partial<Jest> {
    const { moduleMocker, fakeTimersModern } = this.#environment;
    const jest: Partial<Jest> = {
      spyOn: moduleMocker.spyOn.bind(moduleMocker),
      restoreAllMocks: () => {
        moduleMocker.restoreAllMocks();
        return jest as Jest;
      },
      useFakeTimers: (options) => {
        fakeTimersModern.useFakeTimers(options as Parameters<typeof fakeTimersModern.useFakeTimers>[0]);
        return jest as Jest;
      },
      useRealTimers: () => {
        fakeTimersModern.useRealTimers();
        return jest as Jest;
      },
      advanceTimersByTime: (ms) => fakeTimersModern.advanceTimersByTime(ms),
      setTimeout: (ms) => {
        Reflect.set(globalThis, Symbol.for('TEST_TIMEOUT_SYMBOL'), ms);
        return jest as Jest;
      },
    };
    return jest;
  }

  enterTestCode(): void {
    // jest-runtime uses these to refuse imports between tests.
  }

  leaveTestCode(): void {
    // As above.
  }

  getSourceMaps(): ReadonlyMap<string, string> {
    return sourceMaps;
  }

  getAllCoverageInfoCopy(): undefined {
    return undefined;
  }

  teardown(): void {
    setGlobals({});
  }
}
