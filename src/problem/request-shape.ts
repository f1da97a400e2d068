/** A broken rule of shape: where, and which. */
export interface ShapeFault {
  readonly path: readonly string[];
  readonly detail: string;
}

const MAX_LEVELS = 32;
const MAX_MEMBERS = 64;
const MAX_NAME_LENGTH = 100;
/** Rules of several members may each read a text to its end. */
const MAX_TEXT_LENGTH = 65_536;

/** Members of every object: validation and transformation pass over such names in silence. */
const RESERVED = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Finds what is wrong with the shape of a parsed body or query before anybody looks at its meaning: nesting that a
 * recursive reader cannot follow, more members than any object has and names longer than any, which would be answered one
 * by one, names that would be passed over instead of refused, and text with half a surrogate pair, which cannot be stored
 * or sent on.
 *
 * @returns undefined when nothing is wrong
 */
export function findShapeFault(root: unknown): ShapeFault | undefined {
  const open: { value: unknown; path: readonly string[] }[] = [{ value: root, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (path.length > MAX_LEVELS) {
      return { path: path.slice(0, 1), detail: `must not be nested deeper than ${MAX_LEVELS} levels` };
    }
    const members = Object.entries(value);
    if (!Array.isArray(value) && members.length > MAX_MEMBERS) {
      return { path, detail: `must not have more than ${MAX_MEMBERS} members` };
    }
    for (const [name, member] of members) {
      if (name.length > MAX_NAME_LENGTH) {
        return { path, detail: `must not have a member whose name is longer than ${MAX_NAME_LENGTH} characters` };
      }
      if (!Array.isArray(value) && RESERVED.has(name)) {
        return { path: [...path, name], detail: `property ${name} should not exist` };
      }
      if (typeof member === 'string' && member.length > MAX_TEXT_LENGTH) {
        return { path: [...path, name], detail: `must not be longer than ${MAX_TEXT_LENGTH} characters` };
      }
      if (typeof member === 'string' && !member.isWellFormed()) {
        return { path: [...path, name], detail: 'must be well-formed Unicode' };
      }
      if (typeof member === 'object') open.push({ value: member, path: [...path, name] });
    }
  }
  return undefined;
}
