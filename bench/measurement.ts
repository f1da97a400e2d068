/** One figure of a benchmark and the bar it is held against. */
export interface Measurement {
  /** Number of the bar, for example P1. */
  readonly bar: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** `>=` or `<=` and the wanted value; undefined for a figure that is only shown. */
  readonly wanted?: { readonly relation: '>=' | '<='; readonly value: number };
}

/** True when the bar holds, or when there is none. */
export function holds({ value, wanted }: Measurement): boolean {
  if (wanted === undefined) return true;
  return wanted.relation === '>=' ? value >= wanted.value : value <= wanted.value;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value that `percent` of all are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1);
  return sorted[Math.max(0, index)] ?? Number.NaN;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
