import type { UserSource } from './document-source.types.ts';

/**
 * Where a source says that something may have changed. It is a hint and nothing more: wrong, late and repeated ones are
 * harmless, because a scan finds out by itself what has changed.
 */
export abstract class ScanRequests {
  /**
   * Asks for a scan of a user's documents in one source soon. It is remembered in the database; whatever is asked until
   * the scan begins is answered by that one scan, and there is one scan for hints per INDEX_HINT_SECONDS at most. A user
   * whom the source does not know gets none.
   *
   * @param owner an existing user, and the source
   */
  abstract trigger(owner: UserSource): Promise<void>;
}
