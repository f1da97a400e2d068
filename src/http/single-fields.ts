import type { FastifyInstance } from 'fastify';
import { DomainError } from '../problem/domain-error.ts';

/** Fields that a request may have once; Node would take the first and drop the rest. */
const SINGLE = new Set(['authorization', 'content-length', 'content-type', 'host']);

/**
 * Answers 400 to a request that repeats a field which has one value (RFC 9110 section 5.3): a proxy before this server may
 * have looked at the other one.
 */
export function refuseRepeatedFields(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw: { rawHeaders } }, _reply, done) => {
    done(hasRepeatedField(rawHeaders) ? new DomainError('malformed-request') : undefined);
  });
}

/** @param rawHeaders names and values by turns */
function hasRepeatedField(rawHeaders: readonly string[]): boolean {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}
