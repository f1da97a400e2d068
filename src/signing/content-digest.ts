import { timingSafeEqual } from 'node:crypto';

/** Digests of a body as it came, before anything was parsed. */
export interface BodyDigests {
  readonly 'sha-256': Buffer;
  readonly 'sha-512': Buffer;
}

const MEMBER = /^(sha-256|sha-512)=:([A-Za-z0-9+/]{43,88}={0,2}):$/;

/**
 * True when a Content-Digest field (RFC 9530 section 2) holds one or two digests and all of them are those of the body.
 * Digests that this server does not compute make it false: they would say nothing.
 */
export function isDigestOf(fieldValue: string, digests: BodyDigests): boolean {
  const members = fieldValue.split(',').map((member) => MEMBER.exec(member.trim()));
  if (members.length > 2) return false;
  return members.every((member) => {
    if (member === null) return false;
    const [, algorithm = '', encoded = ''] = member;
    const given = Buffer.from(encoded, 'base64');
    const own = digests[algorithm as keyof BodyDigests];
    return given.length === own.length && timingSafeEqual(given, own);
  });
}
