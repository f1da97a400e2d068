import type { FastifyInstance } from 'fastify';
import { DomainError } from '../problem/domain-error.ts';

/** Far more than any operation takes: the longest lists are of 100 ids. */
const MAX_VALUES = 2_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/**
 * Reads JSON bodies of at most 2,000 values, counted before they are parsed: building and validating a hundred thousand
 * members would keep everybody else waiting. What the members are called and how deep they lie is judged after it
 * (request-shape.ts).
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser('application/json');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    if (hasMoreValues(bytes, MAX_VALUES)) done(tooManyValues());
    else void parse(request, bytes.toString('utf8'), done);
  });
}

/** Whether a JSON text has more values than that; counts its commas, arrays and objects, whether it is sound or not. */
export function hasMoreValues(json: Uint8Array, maxValues: number): boolean {
  let values = 1;
  let isInString = false;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index];
    if (isInString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) {
      isInString = true;
    } else if (byte === COMMA || byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      values += 1;
      if (values > maxValues) return true;
    }
  }
  return false;
}

function tooManyValues(): DomainError {
  return new DomainError('validation-failed', {
    errors: [{ pointer: '', detail: `The body must not hold more than ${MAX_VALUES} values.` }],
  });
}
