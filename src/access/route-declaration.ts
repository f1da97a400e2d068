import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/** Reads something about the route that a request has come to. */
export type OfRoute<Value> = (context: ExecutionContext) => Value;

/** What routes or their controllers declare under a key; a route goes before its controller. */
export function declared<Value>(reflector: Reflector, key: string): OfRoute<Value | undefined> {
  return oncePerRoute((context) =>
    reflector.getAllAndOverride<Value | undefined>(key, [context.getHandler(), context.getClass()]),
  );
}

/** Remembers what was read about each route: it does not change after the start, and reading metadata is slow. */
export function oncePerRoute<Value>(read: OfRoute<Value>): OfRoute<Value> {
  const byController = new Map<unknown, Map<unknown, Value>>();
  return (context) => {
    const controller = context.getClass();
    const handler = context.getHandler();
    let byHandler = byController.get(controller);
    if (byHandler === undefined) byController.set(controller, (byHandler = new Map<unknown, Value>()));
    const known = byHandler.get(handler);
    if (known !== undefined || byHandler.has(handler)) return known as Value;
    const value = read(context);
    byHandler.set(handler, value);
    return value;
  };
}
