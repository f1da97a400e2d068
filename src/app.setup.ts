import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { RequestMethod } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { PinoLogger } from 'nestjs-pino';
import { ENTITIES } from './app.entities.ts';
import { AppModule } from './app.module.ts';
import type { Configuration } from './config/configuration.ts';
import { logRequests } from './http/access-log.ts';
import { acceptLogoutForms } from './http/logout-form.ts';
import { allowOrigins } from './http/cors.ts';
import { limitBodyTime } from './http/body-deadline.ts';
import { serveConnectPage } from './auth/access-tokens/connect-page.ts';
import { serveAccountPages } from './http/account-pages.ts';
import { InFlight } from './http/in-flight.ts';
import { identify, identifyRequests, requestIdOf } from './http/request-identity.ts';
import { addSecurityHeaders, SECURITY_HEADERS } from './http/security-headers.ts';
import { readJsonBodies } from './http/json-body.ts';
import { serveOpenApi } from './http/openapi.ts';
import { refuseRepeatedFields } from './http/single-fields.ts';
import { StartLogger } from './http/start-logger.ts';
import { showProblemsToVisitors } from './http/problem-page.ts';
import { serveStartPage } from './http/start-page.ts';
import { streamBodies } from './http/streamed-body.ts';
import { Metrics } from './metrics/metrics.ts';
import { measureRequests } from './metrics/request-metrics.ts';
import { configuredLocation, type EmbeddedLocation } from './persistence/configured-location.ts';
import { openDatabase } from './persistence/open-database.ts';
import { watchBodies } from './signing/body-watch.ts';
import type { ProblemCode } from './problem/problem-codes.ts';
import { ProblemValidationPipe } from './problem/problem-validation.pipe.ts';
import { ProblemFilter, sendProblem } from './problem/problem.filter.ts';
import { rawProblem } from './problem/raw-problem.ts';
import { toDomainError } from './problem/to-domain-error.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;
const HEAD = 'HEAD ';
/** Registered as redirect URIs before this server had a prefix. */
const SHORT_SIGN_ON_PATHS = ['auth/login', 'auth/callback'].map((path) => ({ path, method: RequestMethod.GET }));
const CODE_OF_CLIENT_ERROR: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** A configured application that does not listen yet. */
export interface CreatedApp {
  readonly app: NestFastifyApplication;
  readonly inFlight: InFlight;
}

/** Opens the database and builds the application; main and the tests start from here. */
export async function createApp(configuration: Configuration, embedded?: EmbeddedLocation): Promise<CreatedApp> {
  const open = await openDatabase(configuredLocation(configuration.storage, embedded), ENTITIES);
  const inFlight = new InFlight();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register({ configuration, open, inFlight }),
    createAdapter(configuration),
    // The parsers of readJsonBodies and acceptLogoutForms; with the framework's a form would be a body.
    { bufferLogs: true, bodyParser: false },
  );
  app.useLogger(new StartLogger(await app.resolve(PinoLogger), {}));
  await configureApp(app, configuration, inFlight);
  return { app, inFlight };
}

async function configureApp(
  app: NestFastifyApplication,
  { http, auth, nextcloud }: Configuration,
  inFlight: InFlight,
): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  await allowOrigins(fastify, http.corsOrigins);
  identifyRequests(fastify);
  inFlight.watch(fastify);
  logRequests(fastify, await app.resolve(PinoLogger));
  measureRequests(fastify, app.get(Metrics));
  addSecurityHeaders(fastify, http.isProduction);
  refuseRepeatedFields(fastify);
  fastify.removeContentTypeParser('text/plain');
  readJsonBodies(fastify);
  streamBodies(fastify);
  limitBodyTime(fastify, REQUEST_TIMEOUT_MS);
  acceptLogoutForms(fastify);
  watchBodies(fastify);
  app.setGlobalPrefix('api', { exclude: ['health', 'ready', 'metrics', ...SHORT_SIGN_ON_PATHS] });
  app.useGlobalPipes(new ProblemValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  showProblemsToVisitors(fastify);
  serveAccountPages(fastify, auth);
  serveConnectPage(fastify, nextcloud);
  serveStartPage(fastify, http);
  if (http.servesSwagger) serveOpenApi(app);
}

function createAdapter({ http }: Configuration): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: http.trustedProxies.length > 0 && trusts(http.trustedProxies),
    bodyLimit: MAX_BODY_BYTES,
    // The time of a body is bounded by limitBodyTime, because an upload may take hours; the one of a header here.
    requestTimeout: 0,
    http: { headersTimeout: REQUEST_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 4096,
    },
    genReqId: (request: IncomingMessage) => requestIdOf(request.headers['x-request-id']),
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      identify(request, reply);
      sendProblem(reply.headers(SECURITY_HEADERS), toDomainError(error), request.id);
    },
    clientErrorHandler: rejectMalformedHttp,
  });
}

function trusts(proxies: readonly string[]): (address: string) => boolean {
  const ranges = proxies.map((proxy): [ipaddr.IPv4 | ipaddr.IPv6, number] =>
    proxy.includes('/')
      ? ipaddr.parseCIDR(proxy)
      : [ipaddr.parse(proxy), ipaddr.parse(proxy).kind() === 'ipv4' ? 32 : 128],
  );
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
}

/** Answers bytes that are no HTTP request. */
function rejectMalformedHttp(error: NodeJS.ErrnoException & { readonly rawPacket?: unknown }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const code = CODE_OF_CLIENT_ERROR[error.code ?? ''] ?? 'malformed-request';
  const { rawPacket } = error;
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, HEAD.length).toString('latin1') === HEAD;
  socket.end(rawProblem({ code, requestId: requestIdOf(undefined), headers: SECURITY_HEADERS, isHead }));
}
