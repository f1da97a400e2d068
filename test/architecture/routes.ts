import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  IS_ADMIN_ONLY,
  IS_PUBLIC,
  NEEDS_SIGNATURE,
  NEEDS_STEP_UP,
  REQUIRED_SCOPE,
} from '../../src/access/declarations.ts';

// Keys under which the framework keeps what decorators declare.
const PATH = 'path';
const METHOD = 'method';
const ARGUMENTS = '__routeArguments__';
const PARAMETER_TYPES = 'design:paramtypes';

/** Numbers of the framework for @Body, @Query and @Param. */
const SOURCES: Readonly<Record<string, RouteArgument['source']>> = { 3: 'body', 4: 'query', 5: 'params' };

type Handler = (...values: unknown[]) => unknown;
type Type = (new (...values: never[]) => object) | ((...values: never[]) => unknown) | undefined;

/** One parameter of a handler that takes something from the request. */
interface RouteArgument {
  readonly source: 'body' | 'query' | 'params';
  /** Name of a single member; undefined when the handler takes the whole. */
  readonly member: string | undefined;
  readonly type: Type;
  readonly hasPipe: boolean;
}

/** One route of the running application. */
export interface Route {
  /** For example `GET /api/users/:user_id`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Class and method, for messages. */
  readonly handler: string;
  readonly isPublic: boolean;
  readonly isAdminOnly: boolean;
  readonly needsStepUp: boolean;
  /** Where the server has keys for it. */
  readonly needsSignature: boolean;
  /** What a personal access token needs; undefined where only a session opens the route. */
  readonly scope: string | undefined;
  readonly arguments: readonly RouteArgument[];
}

/** Every route that a controller of the application declares, sorted by name. */
export function routesOf(app: NestFastifyApplication): Route[] {
  const prefixed = prefixer(app.get(ApplicationConfig));
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  return controllers
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? routesOfController(metatype, prefixed) : []))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function routesOfController(controller: object, prefixed: Prefixer): Route[] {
  const { prototype, name: className } = controller as { prototype: Record<string, Handler>; name: string };
  return Object.getOwnPropertyNames(prototype).flatMap((member) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, member)?.value as Handler | undefined;
    const method = handler && (Reflect.getMetadata(METHOD, handler) as RequestMethod | undefined);
    if (handler === undefined || method === undefined) return [];
    const declares = (key: string): boolean =>
      [handler, controller].some((target) => Reflect.getMetadata(key, target) === true);
    const shared = {
      method: RequestMethod[method],
      handler: `${className}.${member}`,
      isPublic: declares(IS_PUBLIC),
      isAdminOnly: declares(IS_ADMIN_ONLY),
      needsStepUp: declares(NEEDS_STEP_UP),
      needsSignature: declares(NEEDS_SIGNATURE),
      scope: Reflect.getMetadata(REQUIRED_SCOPE, handler) as string | undefined,
      arguments: argumentsOf(controller, prototype, member),
    };
    return pathsOf(controller).flatMap((base) =>
      pathsOf(handler).map((rest) => {
        const path = prefixed(`/${base}/${rest}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1'), method);
        return { ...shared, path, name: `${shared.method} ${path}` };
      }),
    );
  });
}

function pathsOf(target: object): string[] {
  return [Reflect.getMetadata(PATH, target) as string | string[]].flat();
}

type Prefixer = (path: string, method: RequestMethod) => string;

function prefixer(config: ApplicationConfig): Prefixer {
  const prefix = config.getGlobalPrefix();
  const exclude = config.getGlobalPrefixOptions().exclude ?? [];
  return (path, method) => {
    const isExcluded = exclude.some(
      ({ pathRegex, requestMethod }) =>
        pathRegex.test(path) && (requestMethod === RequestMethod.ALL || requestMethod === method),
    );
    return isExcluded ? path : `/${prefix}${path}`;
  };
}

function argumentsOf(controller: object, prototype: object, member: string): RouteArgument[] {
  const declared = (Reflect.getMetadata(ARGUMENTS, controller, member) ?? {}) as Record<
    string,
    { readonly index: number; readonly data?: string; readonly pipes?: readonly unknown[] }
  >;
  const types = Reflect.getMetadata(PARAMETER_TYPES, prototype, member) as Type[] | undefined;
  return Object.entries(declared).flatMap(([key, { index, data, pipes = [] }]) => {
    const source = SOURCES[key.split(':')[0] ?? ''];
    return source ? [{ source, member: data, type: types?.[index], hasPipe: pipes.length > 0 }] : [];
  });
}
