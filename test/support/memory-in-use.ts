import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** For one millisecond of looking, so many of working. */
const WORK_PER_LOOK = 9;

/**
 * The most memory that was in use while `work` ran, in bytes above what was in use before: heap and buffers that are
 * still needed. The resident set would also count what the engine has had no time to collect, a matter of the machine.
 */
export async function mostMemoryDuring(work: () => Promise<unknown>): Promise<number> {
  const before = memoryInUseBytes();
  let most = before;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const startedAt = performance.now();
    most = Math.max(most, memoryInUseBytes());
    timer = setTimeout(look, WORK_PER_LOOK * (performance.now() - startedAt));
  };
  timer = setTimeout(look, 0);
  try {
    await work();
  } finally {
    clearTimeout(timer);
  }
  return Math.max(most, memoryInUseBytes()) - before;
}

function memoryInUseBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
