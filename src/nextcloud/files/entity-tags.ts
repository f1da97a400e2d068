import { DomainError } from '../../problem/domain-error.ts';
import { findEtag } from '../dav/dav-etag.ts';

const LIST_MAX_CHARS = 2_048;
const TAG = /^(W\/)?"[\x21\x23-\x7e\u0080-\u00ff]*"$/;

/**
 * Reads If-Match or If-None-Match (RFC 9110 sections 13.1.1 and 13.1.2).
 *
 * @returns `*`, or the entity tags as they were sent; null without the field
 * @throws DomainError `validation-failed` when it is neither
 */
export function readEntityTags(name: 'If-Match' | 'If-None-Match', value: string | undefined): '*' | string[] | null {
  if (value === undefined) return null;
  if (value.trim() === '*') return '*';
  const tags = (value.match(/(?:W\/)?"[^"]*"|[^,\s][^,]*/g) ?? []).map((tag) => tag.trim());
  if (value.length > LIST_MAX_CHARS || tags.length === 0 || !tags.every((tag) => TAG.test(tag))) {
    const detail = 'must be * or entity tags in double quotes, separated by commas';
    throw new DomainError('validation-failed', { errors: [{ parameter: name, detail }] });
  }
  return tags;
}

/** Strong comparison (RFC 9110 section 8.8.3.2): a weak entity tag is equal to none. */
export function matchesStrongly(tags: '*' | readonly string[], etag: string): boolean {
  return tags === '*' || tags.some((tag) => !tag.startsWith('W/') && findEtag(tag) === findEtag(etag));
}

/** Weak comparison (RFC 9110 section 8.8.3.2). */
export function matchesWeakly(tags: '*' | readonly string[], etag: string): boolean {
  const opaque = (tag: string): string | null => findEtag(tag.replace(/^W\//, ''));
  return tags === '*' || tags.some((tag) => opaque(tag) === opaque(etag));
}
