import type { Params } from 'nestjs-pino';
import type { HttpConfig } from '../config/http.config.ts';

/** Structured logs. Requests are logged by access-log.ts with its own allow-list; nothing of a request is added here. */
export function loggerOptions(config: HttpConfig): Params {
  return {
    pinoHttp: {
      level: config.logLevel,
      autoLogging: false,
      quietReqLogger: true,
      quietResLogger: true,
      serializers: { req: () => undefined, res: () => undefined },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      base: null,
    },
  };
}
