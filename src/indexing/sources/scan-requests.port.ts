/**
 * Where a source says that something may have changed. It is a hint and nothing more: wrong, late and repeated ones are
 * harmless, because a scan finds out by itself what has changed.
 */
export abstract class ScanRequests {
  /**
   * Asks for a scan of a user's documents soon. It is remembered in the database; whatever is asked until the scan
   * begins is answered by that one scan, and a user gets one scan for hints per INDEX_HINT_SECONDS at most. A user
   * without a linked account gets none.
   *
   * @param userId an existing user
   */
  abstract trigger(userId: string): Promise<void>;
}
