import type { Facts, Finding } from './check.types.ts';

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
