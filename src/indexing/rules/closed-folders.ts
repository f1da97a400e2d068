import { isDomainError } from '../../problem/domain-error.ts';
import type { SourceSession } from '../sources/document-source.port.ts';
import { isBelow, parentPrefixOf, prefixOf } from '../sources/source-path.ts';
import { NOINDEX } from './index-rules.ts';

/** One question per folder: deeper paths are asked about their nearest folders only. */
const MAX_LEVELS = 40;

/** Asks an account where `.noindex` files lie, each folder once. */
export class ClosedFolders {
  readonly #answers = new Map<string, Promise<boolean>>();

  constructor(private readonly session: Pick<SourceSession, 'stat'>) {}

  /**
   * The outermost closed folder that holds a file; null when none does.
   *
   * @param root where to begin; folders above a watched folder do not count for what it holds
   */
  async findClosedFolder(
    path: string,
    { root = '/', signal }: { root?: string; signal: AbortSignal },
  ): Promise<string | null> {
    for (const prefix of prefixesOf(path)) {
      if (prefix !== prefixOf(root) && !isBelow(prefix, prefixOf(root))) continue;
      let answer = this.#answers.get(prefix);
      if (answer === undefined) this.#answers.set(prefix, (answer = this.#isClosed(prefix, signal)));
      if (await answer) return prefix === '' ? '/' : prefix;
    }
    return null;
  }

  async #isClosed(prefix: string, signal: AbortSignal): Promise<boolean> {
    try {
      return !(await this.session.stat(`${prefix}/${NOINDEX}`, signal)).isFolder;
    } catch (error) {
      if (isDomainError(error, 'file-not-found')) return false;
      throw error;
    }
  }
}

/** Prefixes of the folders that hold a path, the outermost first. */
function prefixesOf(path: string): string[] {
  const prefixes: string[] = [];
  for (let prefix = parentPrefixOf(path); prefixes.length < MAX_LEVELS; prefix = parentPrefixOf(prefix)) {
    prefixes.unshift(prefix);
    if (prefix === '') break;
  }
  return prefixes;
}
