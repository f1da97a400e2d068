/** Kind of the source that the routes below /api/integrations/files are about: the files of the linked Nextcloud account. */
export const NEXTCLOUD_FILES = 'nextcloud';

/** The documents that one user has in one source. File ids and paths mean nothing outside of it. */
export interface UserSource {
  readonly userId: string;
  /** Kind of the source. */
  readonly source: string;
}
