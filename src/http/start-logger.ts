import { Logger } from 'nestjs-pino';

/** Where the framework tells of each module and route that it loads, on some 200 lines. */
const START_CONTEXTS = new Set<unknown>([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** The logger of the application; how the framework builds it is told at level debug. */
export class StartLogger extends Logger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (START_CONTEXTS.has(rest.at(-1))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}
