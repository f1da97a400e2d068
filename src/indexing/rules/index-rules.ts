import { createHash } from 'node:crypto';
import { distinctRoots, isBelow, nameOf, normalPath, prefixOf } from '../sources/source-path.ts';
import { PathGlob } from './path-glob.ts';

/** A file of this name keeps its folder, and everything below, out of the index. */
export const NOINDEX = '.noindex';

/** Makes every account be judged anew when the meaning of rules changes. */
const MEANING = 1;

/** What is indexed of an account, complete. */
export interface IndexRules {
  /** Folders, absolute. */
  readonly watchDirectories: readonly string[];
  /** Patterns of files; none at all stands for every file. */
  readonly include: readonly string[];
  /** Patterns of files that are left out although they are included. */
  readonly exclude: readonly string[];
  readonly maxFileBytes: number;
}

/** Why a file is not indexed, as clients read it: the rule, then what it names. */
export type Exclusion = 'outside-watch-directories' | 'not-included' | `excluded-by:${string}` | `noindex:${string}`;

/** The rules of one account, ready to judge paths. `.noindex` files are seen by whoever lists folders. */
export class RuleBook {
  /** In their normal form, none inside another. */
  readonly roots: readonly string[];
  readonly maxFileBytes: number;
  /** Digest of all rules, 64 characters. */
  readonly hash: string;
  readonly #includes: readonly PathGlob[];
  readonly #excludes: readonly { readonly pattern: string; readonly glob: PathGlob }[];

  constructor(rules: IndexRules) {
    this.roots = distinctRoots(rules.watchDirectories);
    this.maxFileBytes = rules.maxFileBytes;
    this.#includes = rules.include.map((pattern) => new PathGlob(pattern));
    this.#excludes = rules.exclude.map((pattern) => ({ pattern, glob: new PathGlob(pattern) }));
    const parts = [MEANING, this.roots.toSorted(), rules.include, rules.exclude, rules.maxFileBytes];
    this.hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  }

  /** The watched folder that holds a path; undefined when none does. */
  findRoot(path: string): string | undefined {
    return this.roots.find((root) => isBelow(path, prefixOf(root)));
  }

  /** The pattern that leaves a file out; null when none does. */
  findExclusion(path: string): Exclusion | null {
    const found = this.#excludes.find(({ glob }) => glob.matches(path));
    return found === undefined ? null : `excluded-by:${found.pattern}`;
  }

  isIncluded(path: string): boolean {
    return this.#includes.length === 0 || this.#includes.some((glob) => glob.matches(path));
  }

  /**
   * Why a file is left out by its path alone; null when it is not.
   *
   * @param isRequested true for a file that its owner asked for by its path, which needs no other rule to let it in
   */
  evaluate(path: string, isRequested = false): Exclusion | null {
    const excluded = this.findExclusion(path);
    if (excluded !== null || isRequested) return excluded;
    if (this.findRoot(path) === undefined) return 'outside-watch-directories';
    return this.isIncluded(path) ? null : 'not-included';
  }
}

/** The folder that a path closes when it is a `.noindex` file; undefined for every other path. */
export function findClosedFolder(path: string): string | undefined {
  return nameOf(path) === NOINDEX ? normalPath(path.slice(0, -NOINDEX.length)) : undefined;
}
