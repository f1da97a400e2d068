import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { ProblemDocument, problemDocument } from './problem-document.dto.ts';

const DECLARED = 'problem:codes';
const EXAMPLE_INSTANCE = '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';

/**
 * Declares the problem codes that an operation can answer with, for the OpenAPI document. On a class the codes are
 * those of every operation, added to what each declares by itself, also where they share a status.
 */
export function Problems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  return (target: object, _name?: string | symbol, method?: PropertyDescriptor): void => {
    if (method !== undefined) {
      declare(method, codes);
      return;
    }
    const { prototype } = target as { prototype: object };
    for (const [name, each] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name !== 'constructor' && typeof each.value === 'function') declare(each, codes);
    }
  };
}

function declare(method: PropertyDescriptor, codes: readonly ProblemCode[]): void {
  const handler = method.value as object;
  const known = (Reflect.getMetadata(DECLARED, handler) ?? []) as readonly ProblemCode[];
  // Whoever needs the database may have something to record there.
  const recorded: readonly ProblemCode[] = codes.includes('service-unavailable') ? ['audit-unavailable'] : [];
  const all = [...new Set([...known, ...codes, ...recorded])];
  Reflect.defineMetadata(DECLARED, all, handler);
  ApiExtraModels(ProblemDocument)({}, '', method);
  for (const [status, group] of Map.groupBy(all, (code) => PROBLEMS[code].status)) {
    ApiResponse(problemResponse(status, group))({}, '', method);
  }
}

function problemResponse(status: number, codes: readonly ProblemCode[]): Parameters<typeof ApiResponse>[0] {
  return {
    status,
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`).join('\n\n'),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemDocument) },
        examples: Object.fromEntries(codes.map((code) => [code, { value: problemDocument(code, EXAMPLE_INSTANCE) }])),
      },
    },
  };
}
