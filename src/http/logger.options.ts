import type { Params } from 'nestjs-pino';
import { destination } from 'pino';
import type { HttpConfig } from '../config/http.config.ts';

const STANDARD_OUTPUT = 1;
const BUFFER_BYTES = 12_288;
const FLUSH_INTERVAL_MS = 100;

/**
 * Structured logs. Requests are logged by access-log.ts with its own allow-list, so the package's middleware, which
 * makes a logger for every request, is bound to no route.
 */
export function loggerOptions({ logLevel }: HttpConfig): Params {
  return {
    forRoutes: [],
    pinoHttp: {
      level: logLevel,
      autoLogging: false,
      timestamp: timeMember,
      base: null,
      ...(logLevel !== 'silent' && { stream: bufferedOutput() }),
    },
  };
}

/**
 * Lines are written together: when there are 12 KiB of them, else within 100 ms. A fatal line is written at once, and
 * what is left when the process ends; synchronous, so that it cannot come between the parts of a write under way.
 */
function bufferedOutput(): ReturnType<typeof destination> {
  return destination({
    dest: STANDARD_OUTPUT,
    sync: true,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
  });
}

let lastMs = 0;
let lastMember = '';

/** The member `time` of a line, made once a millisecond. */
function timeMember(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastMember = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastMember;
}
