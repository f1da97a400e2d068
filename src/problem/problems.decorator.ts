import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { ProblemCode } from './problem-codes.ts';

const DECLARED = 'problem:codes';

/**
 * Declares the problem codes that an operation can answer with, for the OpenAPI document, besides those that its kind
 * implies (src/http/route-problems.ts). On a class the codes are those of every operation, added to what each declares
 * by itself.
 */
export const Problems = (...codes: ProblemCode[]): CustomDecorator => SetMetadata(DECLARED, codes);

/** The codes that are declared on a controller and on a handler of it. */
export function declaredProblems(controller: object, handler: object): ProblemCode[] {
  return [controller, handler].flatMap(
    (target) => (Reflect.getMetadata(DECLARED, target) as readonly ProblemCode[] | undefined) ?? [],
  );
}
