import type { Params } from 'nestjs-pino';
import type { HttpConfig } from '../config/http.config.ts';

/**
 * Structured logs. Requests are logged by access-log.ts with its own allow-list, so the package's middleware, which
 * makes a logger for every request, is bound to no route.
 */
export function loggerOptions(config: HttpConfig): Params {
  return {
    forRoutes: [],
    pinoHttp: {
      level: config.logLevel,
      autoLogging: false,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      base: null,
    },
  };
}
