import { isDomainError, type DomainError } from '../../problem/domain-error.ts';
import { fault, skipped, warning, type Check, type CheckResult, type Facts, type Finding } from './check.types.ts';

/** Bounds of a run, in milliseconds. */
export interface RunLimits {
  /** Of one check. */
  readonly checkMs: number;
  /** Of all checks together; those that have not begun by then are skipped. */
  readonly totalMs: number;
}

/** How to run. */
export interface RunOptions {
  /** Default 5 s for a check and 15 s for all. */
  readonly limits?: RunLimits;
  /** Results of an earlier run that checks may need. */
  readonly known?: readonly CheckResult[];
}

const MAX_FACT_CHARACTERS = 300;
const MAX_TEXT_CHARACTERS = 1_500;
const LIMITS: RunLimits = { checkMs: 5_000, totalMs: 15_000 };

/**
 * Runs checks, each as soon as those it waits for have ended. One that fails does not stop the others; one is skipped
 * when a check that it needs has failed, and says so. The results are in the order of the list.
 */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  { limits = LIMITS, known = [] }: RunOptions = {},
): Promise<CheckResult[]> {
  const endsAt = performance.now() + limits.totalMs;
  const running = new Map(known.map((result) => [result.id, Promise.resolve(result)]));
  const started = checks.map((check) => {
    const result = resolveCheck(check, context, { running, endsAt, limits });
    running.set(check.id, result);
    return result;
  });
  return Promise.all(started);
}

interface Run {
  readonly running: ReadonlyMap<string, Promise<CheckResult>>;
  readonly endsAt: number;
  readonly limits: RunLimits;
}

async function resolveCheck<Context>(check: Check<Context>, context: Context, run: Run): Promise<CheckResult> {
  const { id, title } = check;
  const needed = await resultsOf(check.needs ?? [], run);
  await resultsOf(check.after ?? [], run);
  const missing = needed.find(({ status }) => status === 'fault' || status === 'skipped');
  if (missing !== undefined) return { id, title, ...skipped(`Not looked at: needs "${missing.title}".`) };
  if (performance.now() > run.endsAt) return { id, title, ...skipped('Not looked at: no time was left.') };
  return { id, title, ...bounded(await inTime(check, context, check.patienceMs ?? run.limits.checkMs)) };
}

/** Names, addresses and codes come from another server, which may make them as long as it likes. */
function bounded({ status, cause, fix, facts }: Finding): Finding {
  const short = Object.entries(facts).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, MAX_FACT_CHARACTERS) : value,
  ]);
  return {
    status,
    cause: cause?.slice(0, MAX_TEXT_CHARACTERS) ?? null,
    fix: fix?.slice(0, MAX_TEXT_CHARACTERS) ?? null,
    facts: Object.fromEntries(short) as Facts,
  };
}

function resultsOf(ids: readonly string[], { running }: Run): Promise<CheckResult[]> {
  return Promise.all(
    ids.map((id) => {
      const result = running.get(id);
      if (result === undefined) throw new Error(`No check ${id} comes before the one that names it`);
      return result;
    }),
  );
}

async function inTime<Context>(check: Check<Context>, context: Context, checkMs: number): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(() => resolve(tooSlow(checkMs)), checkMs);
  try {
    return await Promise.race([promise, check.run(context)]);
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return noAnswer(error);
  } finally {
    clearTimeout(timer);
  }
}

function tooSlow(checkMs: number): Finding {
  return warning({
    cause: 'Nextcloud took too long to answer this.',
    fix: 'Look at the load of Nextcloud, of its database and of the proxy before it, and run the doctor again.',
    facts: { waited_ms: checkMs },
  });
}

/** The way to Nextcloud broke in the middle of the check. */
function noAnswer(error: DomainError): Finding {
  return fault({
    cause: 'Nextcloud answered other requests, but not this one.',
    fix: 'Look into the logs of the proxy and of Nextcloud for this path, and run the doctor again.',
    facts: { problem: error.code, reason: reasonOf(error) },
  });
}

/** The short reason that the way out gave. */
export function reasonOf(error: DomainError): string {
  const reason = error.options.logContext?.['reason'];
  return typeof reason === 'string' ? reason : error.code;
}
