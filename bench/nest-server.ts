// The least that Nest takes on Fastify for a guarded route: one route, and one guard that verifies the access token with
// passport-jwt. Started as a process by guarded-route.bench.ts; Node runs no decorators, hence they are called.
import 'reflect-metadata';
import { createSecretKey } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type CanActivate, type DynamicModule, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Passport } from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

type Middleware = (request: object, response: object, next: (error: Error) => void) => void;

const body: unknown = JSON.parse(process.env['BARE_BODY'] ?? '{}');
const passport = new Passport();
passport.use(
  'jwt',
  new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: createSecretKey(process.env['BENCH_SECRET'] ?? '', 'utf8') as unknown as string,
      algorithms: ['HS256'],
    },
    (claims: object, done: (error: null, user: object) => void) => done(null, claims),
  ),
);

class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (_error: unknown, user?: object | false): void => resolve(user !== undefined && user !== false);
      const authenticate = passport.authenticate('jwt', { session: false }, end) as Middleware;
      authenticate(context.getArgByIndex(0), context.getArgByIndex(1), reject);
    });
  }
}

class BodyController {
  read(): unknown {
    return body;
  }
}
Controller()(BodyController);
const read = Object.getOwnPropertyDescriptor(BodyController.prototype, 'read');
if (read !== undefined) Get()(BodyController.prototype, 'read', read);

const bareModule: DynamicModule = {
  module: BodyController,
  controllers: [BodyController],
  providers: [{ provide: APP_GUARD, useClass: TokenGuard }],
};

const app = await NestFactory.create<NestFastifyApplication>(bareModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.send?.((app.getHttpServer().address() as AddressInfo).port);
