import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { ModulesContainer } from '@nestjs/core';
import { DECORATORS, getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { IS_ADMIN_ONLY, IS_PUBLIC, NEEDS_SIGNATURE, NEEDS_STEP_UP, REQUEST_LIMIT } from '../access/declarations.ts';
import { PROBLEMS, type ProblemCode } from '../problem/problem-codes.ts';
import { ProblemDetails, problemDetails } from '../problem/problem-details.dto.ts';
import { declaredProblems } from '../problem/problems.decorator.ts';
import { SharedComponents, operationsOf, type OperationObject } from './openapi-components.ts';

// Of a client that sends ids of its own; short, because it stands in each of the examples.
const EXAMPLE_INSTANCE = 'ward-7';
const PROBLEM_JSON = 'application/problem+json';

/** A handler of a controller that answers a route. */
export interface RouteHandler {
  readonly controller: { readonly name: string; readonly prototype: object };
  readonly member: string;
  readonly handler: object;
}

/** One parameter of a handler as the framework keeps it; `data` names a single member of the source. */
interface HandlerParameter {
  readonly data?: string;
  readonly pipes: readonly unknown[];
}

type ResponseObject = NonNullable<OperationObject['responses'][string]>;

const REGISTERED = Object.keys(PROBLEMS) as ProblemCode[];

/**
 * What every route of a kind can be answered with: before its handler, by guards, limits, the parser and the validation,
 * and by the database, which also keeps the audit trail. A route declares the rest with `@Problems`.
 */
export function impliedProblems(route: RouteHandler): ReadonlySet<ProblemCode> {
  const { controller, member } = route;
  const is = (key: string): boolean => isDeclared(route, key);
  const isUnlimited = declared(route, REQUEST_LIMIT) === null;
  // Open to everybody and without a limit: an answer also while the database is away.
  const isProbe = is(IS_PUBLIC) && isUnlimited;
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, member) ?? {}) as Record<
    string,
    HandlerParameter
  >;
  const reads = (source: RouteParamtypes, isMeant: (parameter: HandlerParameter) => boolean): boolean =>
    Object.entries(parameters).some(([key, parameter]) => key.startsWith(`${source}:`) && isMeant(parameter));
  const isWhole = ({ data }: HandlerParameter): boolean => data === undefined;
  const hasPipe = ({ pipes }: HandlerParameter): boolean => pipes.length > 0;
  const kinds: readonly (readonly [boolean, readonly ProblemCode[]])[] = [
    [!isUnlimited, ['rate-limited']],
    [!isProbe, ['service-unavailable', 'audit-unavailable']],
    [!is(IS_PUBLIC), ['unauthenticated', 'insufficient-scope']],
    [is(IS_ADMIN_ONLY), ['forbidden']],
    [is(NEEDS_STEP_UP), ['step-up-required']],
    [is(NEEDS_SIGNATURE), ['signature-required', 'signature-invalid']],
    [
      reads(RouteParamtypes.BODY, isWhole),
      ['malformed-request', 'payload-too-large', 'unsupported-media-type', 'validation-failed'],
    ],
    [reads(RouteParamtypes.QUERY, isWhole) || reads(RouteParamtypes.PARAM, isWhole), ['validation-failed']],
    // An id that cannot be one is answered like an id that nobody has.
    [reads(RouteParamtypes.PARAM, hasPipe), ['not-found']],
  ];
  return new Set(kinds.flatMap(([isOfKind, codes]) => (isOfKind ? codes : [])));
}

function declared({ controller, handler }: RouteHandler, key: string): unknown {
  return Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
}

function isDeclared(route: RouteHandler, key: string): boolean {
  return declared(route, key) === true;
}

/** Every handler of the application that answers a route. */
export function routeHandlers(modules: ModulesContainer): RouteHandler[] {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => (typeof metatype === 'function' ? handlersOf(metatype) : []));
}

function handlersOf(controller: RouteHandler['controller']): RouteHandler[] {
  return Object.entries(Object.getOwnPropertyDescriptors(controller.prototype)).flatMap(([member, { value }]) => {
    const handler: unknown = value;
    const isRoute = typeof handler === 'function' && Reflect.hasMetadata(METHOD_METADATA, handler);
    return isRoute ? [{ controller, member, handler }] : [];
  });
}

/** For example `audit.list`, unless an operation says otherwise. */
export function operationId(controller: string, method: string): string {
  const room = controller.replace(/Controller$/, '');
  return `${room.charAt(0).toLowerCase()}${room.slice(1)}.${method}`;
}

/**
 * Adds the problems of every operation, in the order of the registry. Equal answers stand once under
 * `components/responses`, and the example of each code once under `components/examples`.
 */
export function addProblems(document: OpenAPIObject, modules: ModulesContainer): void {
  const handlers = new Map(routeHandlers(modules).map((each) => [operationIdOf(each), each]));
  const shared = new SharedComponents<ResponseObject>('responses');
  const used = new Set<ProblemCode>();
  for (const operation of operationsOf(document)) {
    const handler = handlers.get(operation.operationId ?? '');
    if (handler === undefined) continue;
    if (isDeclared(handler, IS_PUBLIC)) operation.security = [];
    for (const [status, codes] of problemsByStatus(handler)) {
      for (const code of codes) used.add(code);
      operation.responses[status] = shared.add(codes[0] ?? '', problemResponse(codes));
    }
  }
  document.components ??= {};
  document.components.responses = shared.components;
  document.components.examples = Object.fromEntries(
    REGISTERED.filter((code) => used.has(code)).map((code) => [
      code,
      { description: PROBLEMS[code].meaning, value: problemDetails(code, EXAMPLE_INSTANCE) },
    ]),
  );
}

function operationIdOf({ controller, member, handler }: RouteHandler): string {
  const declared = Reflect.getMetadata(DECORATORS.API_OPERATION, handler) as
    { readonly operationId?: string } | undefined;
  return declared?.operationId ?? operationId(controller.name, member);
}

function problemsByStatus(route: RouteHandler): ReadonlyMap<number, readonly ProblemCode[]> {
  const codes = new Set([...impliedProblems(route), ...declaredProblems(route.controller, route.handler)]);
  return Map.groupBy(
    REGISTERED.filter((code) => codes.has(code)),
    (code) => PROBLEMS[code].status,
  );
}

function problemResponse(codes: readonly ProblemCode[]): ResponseObject {
  return {
    description: codes.length === 1 ? PROBLEMS[codes[0] ?? 'internal-error'].title : 'One of these problems.',
    content: {
      [PROBLEM_JSON]: {
        schema: { $ref: getSchemaPath(ProblemDetails) },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}
