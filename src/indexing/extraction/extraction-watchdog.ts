/**
 * Runs as a worker thread inside the extraction child, because the child's main thread may be busy for seconds inside
 * one hostile stream. It cannot report through the IPC channel (the main thread owns it), so it leaves a mark on standard
 * error and kills the process.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { RSS_LIMIT_MARK, type WatchdogOptions } from './extraction-watchdog.types.ts';

const STANDARD_ERROR = 2;
const { maxRssBytes, samplePeriodMs } = workerData as WatchdogOptions;
const parentProcessId = process.ppid;

setInterval(() => {
  if (process.memoryUsage.rss() > maxRssBytes) {
    writeSync(STANDARD_ERROR, RSS_LIMIT_MARK);
    process.kill(process.pid, 'SIGKILL');
  }
  // The parent died while we were busy: nobody waits for the answer any more.
  if (process.ppid !== parentProcessId) process.kill(process.pid, 'SIGKILL');
}, samplePeriodMs);
