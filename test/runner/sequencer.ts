/** The parts of jest's test that are looked at. */
interface TestFile {
  readonly path: string;
}

/** Their files start processes and applications, which takes long; a run shall not end with one worker that has such a file. */
const FIRST = ['/test/live/', '/test/http/'];

/**
 * Orders the test files at random within their folders: none may rely on what another left in the worker that both share.
 * `--seed` with the number that a run prints repeats its order.
 */
export default class RandomSequencer {
  readonly #seed: number;

  constructor({ globalConfig }: { readonly globalConfig: { readonly seed: number } }) {
    this.#seed = globalConfig.seed;
  }

  sort<Test extends TestFile>(tests: readonly Test[]): Test[] {
    const random = randomNumbers(this.#seed);
    return [...tests]
      .sort((one, other) => (one.path < other.path ? -1 : 1))
      .map((test) => ({ test, place: random() }))
      .sort((one, other) => rank(one.test) - rank(other.test) || one.place - other.place)
      .map(({ test }) => test);
  }

  /** For `--onlyFailures`, which this sequencer does not serve: every file. */
  allFailedTests<Test>(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  cacheResults(): void {
    // The order does not follow from how long a file took the last time.
  }
}

function rank({ path }: TestFile): number {
  const place = FIRST.findIndex((folder) => path.includes(folder));
  return place === -1 ? FIRST.length : place;
}

/** mulberry32: the same numbers in [0, 1) for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
