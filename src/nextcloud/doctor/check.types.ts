/**
 * - `ok`: as it should be
 * - `warning`: works, but not well, or not for long
 * - `fault`: something does not work because of this
 * - `skipped`: could not be looked at, or does not apply; the cause says why
 */
export type CheckStatus = 'ok' | 'warning' | 'fault' | 'skipped';

/** What was seen, for administrators: addresses, versions, numbers; never a secret. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** What a check found. */
export interface Finding {
  readonly status: CheckStatus;
  /** In words that name no address, version or account; null when there is nothing to say. */
  readonly cause: string | null;
  /** What to do, in words and commands; null when there is nothing to do. */
  readonly fix: string | null;
  readonly facts: Facts;
}

/** One thing that can be wrong. */
export interface Check<Context> {
  /** How long it may take, in milliseconds; default as long as every check. */
  readonly patienceMs?: number;
  /** Stable; the table in docs/nextcloud.md explains it. */
  readonly id: string;
  /** What is looked at, in a few words. */
  readonly title: string;
  /** Ids of earlier checks without which this one says nothing: it is skipped when one of them failed. */
  readonly needs?: readonly string[];
  /** Ids of earlier checks that must have ended, however. */
  readonly after?: readonly string[];
  run(context: Context): Promise<Finding>;
}

/** A check with what it found. */
export interface CheckResult extends Finding {
  readonly id: string;
  readonly title: string;
}

/** What is wrong and what to do about it. */
export interface Diagnosis {
  readonly cause: string;
  readonly fix: string;
  readonly facts?: Facts;
}

/** As it should be; `remark` for what is worth knowing all the same. */
export function ok(facts: Facts = {}, remark: string | null = null): Finding {
  return { status: 'ok', cause: remark, fix: null, facts };
}

/** Works, but not well. */
export function warning({ cause, fix, facts = {} }: Diagnosis): Finding {
  return { status: 'warning', cause, fix, facts };
}

/** Does not work. */
export function fault({ cause, fix, facts = {} }: Diagnosis): Finding {
  return { status: 'fault', cause, fix, facts };
}

/** Could not be looked at, or does not apply. */
export function skipped(cause: string, fix: string | null = null): Finding {
  return { status: 'skipped', cause, fix, facts: {} };
}
