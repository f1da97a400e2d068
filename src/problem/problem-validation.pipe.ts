import { Readable } from 'node:stream';
import { ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { DomainError, type FieldProblem } from './domain-error.ts';
import { findShapeFault } from './request-shape.ts';

class Rejection extends Error {
  constructor(readonly failures: readonly ValidationError[]) {
    super('validation');
  }
}

/** Validates bodies, queries and path parameters; unknown members are refused, and nothing is coerced but numbers and booleans of queries. */
export class ProblemValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      stopAtFirstError: false,
      validationError: { target: false, value: false },
      exceptionFactory: (failures) => new Rejection(failures),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    const isDto = metadata.metatype !== undefined && this.toValidate(metadata);
    if (metadata.type === 'body' && isDto && !isPlainObject(value)) {
      // Transforming a stream would walk into sockets and end the process.
      if (value instanceof Readable) throw new DomainError('unsupported-media-type');
      throw validationFailed([{ pointer: '', detail: 'The body must be a JSON object.' }]);
    }
    const fault = isDto ? findShapeFault(value) : undefined;
    if (fault !== undefined) {
      throw validationFailed([{ ...place(fault.path, metadata.type === 'body'), detail: fault.detail }]);
    }
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      throw validationFailed(error.failures.flatMap((failure) => fieldProblems(failure, metadata.type === 'body')));
    }
  }
}

function validationFailed(errors: readonly FieldProblem[]): DomainError {
  return new DomainError('validation-failed', { errors });
}

function fieldProblems(failure: ValidationError, isBody: boolean, parents: readonly string[] = []): FieldProblem[] {
  const path = [...parents, failure.property];
  const where = place(path, isBody);
  const own = Object.values(failure.constraints ?? {}).map((detail) => ({ ...where, detail }));
  return [...own, ...(failure.children ?? []).flatMap((child) => fieldProblems(child, isBody, path))];
}

function place(path: readonly string[], isBody: boolean): Pick<FieldProblem, 'pointer' | 'parameter'> {
  return isBody ? { pointer: path.map((part) => `/${escapePointer(part)}`).join('') } : { parameter: path.join('.') };
}

/** RFC 6901 section 3. */
function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
