/** What the watchdog thread is told. */
export interface WatchdogOptions {
  /** Resident set size of the whole process at which it is killed. */
  readonly maxRssBytes: number;
  readonly samplePeriodMs: number;
}

/** Written to standard error just before a child dies of its memory limit. */
export const RSS_LIMIT_MARK = 'extraction-child: resident set limit\n';
