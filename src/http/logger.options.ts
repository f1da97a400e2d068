import { RequestMethod } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import type { HttpConfig } from '../config/http.config.ts';

/**
 * Structured logs. Requests are logged by access-log.ts with its own allow-list, so the package's middleware, which
 * makes a logger for every request, is bound to a route that does not exist.
 */
export function loggerOptions(config: HttpConfig): Params {
  return {
    forRoutes: [{ path: 'no-logger-per-request', method: RequestMethod.OPTIONS }],
    pinoHttp: {
      level: config.logLevel,
      autoLogging: false,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      base: null,
    },
  };
}
