import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';
import { ProblemDocument, problemDocument } from './problem-document.dto.ts';

/** Declares the problem codes that an operation can answer with, for the OpenAPI document. */
export function Problems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  const responses = [...byStatus].map(([status, group]) =>
    ApiResponse({
      status,
      description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`).join('\n\n'),
      content: {
        'application/problem+json': {
          schema: { $ref: getSchemaPath(ProblemDocument) },
          examples: Object.fromEntries(
            group.map((code) => [code, { value: problemDocument(code, '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f') }]),
          ),
        },
      },
    }),
  );
  return applyDecorators(ApiExtraModels(ProblemDocument), ...responses);
}
