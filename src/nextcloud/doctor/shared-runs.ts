interface Run<Result> {
  readonly result: Promise<Result>;
  /** In milliseconds of the monotonic clock; endless while it runs. */
  endsAt: number;
}

/** Lets callers share a run and, for some seconds, its result. A run that fails is forgotten at once. */
export class SharedRuns<Result> {
  readonly #runs = new Map<string, Run<Result>>();

  /** @param keepMs how long a result is given out after its run has ended */
  constructor(private readonly keepMs: number) {}

  get(key: string, work: () => Promise<Result>): Promise<Result> {
    const now = performance.now();
    for (const [each, run] of this.#runs) if (run.endsAt < now) this.#runs.delete(each);
    const known = this.#runs.get(key);
    if (known !== undefined) return known.result;
    const run: Run<Result> = { result: work(), endsAt: Number.POSITIVE_INFINITY };
    this.#runs.set(key, run);
    run.result.then(
      () => (run.endsAt = performance.now() + this.keepMs),
      () => this.#runs.delete(key),
    );
    return run.result;
  }
}
