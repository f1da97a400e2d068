import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an S256 challenge was made of a verifier (RFC 7636 section 4.6). */
export function isVerifierOf(challenge: string, verifier: string): boolean {
  const shown = createHash('sha256').update(verifier).digest('base64url');
  return shown.length === challenge.length && timingSafeEqual(Buffer.from(shown), Buffer.from(challenge));
}
