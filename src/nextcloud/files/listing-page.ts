import type { DavResource } from '../webdav/protocol/dav-resource.ts';

/** A page of a folder. */
export interface ListingPage {
  readonly folder: DavResource;
  /** In the order of their names. */
  readonly entries: readonly DavResource[];
  /** Entries of the folder, on this page or not. */
  readonly count: number;
  /** True when entries come after these. */
  readonly hasMore: boolean;
}

/**
 * Takes one page out of a whole listing, which WebDAV cannot do: the `limit` first names after `after`, in the order of
 * their code units. However long the listing is, about two pages are kept.
 */
export async function pageOf(
  listing: AsyncIterable<DavResource>,
  { limit, after }: { readonly limit: number; readonly after: string | null },
): Promise<ListingPage> {
  let folder: DavResource | undefined;
  let kept: DavResource[] = [];
  let count = 0;
  let later = 0;
  for await (const resource of listing) {
    if (folder === undefined) {
      folder = resource;
      continue;
    }
    count += 1;
    if (after !== null && resource.name <= after) continue;
    later += 1;
    kept.push(resource);
    if (kept.length >= 2 * limit) kept = first(kept, limit);
  }
  // A listing begins with its folder or fails.
  if (folder === undefined) throw new Error('A listing without its folder');
  return { folder, entries: first(kept, limit), count, hasMore: later > limit };
}

function first(resources: DavResource[], limit: number): DavResource[] {
  return resources.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).slice(0, limit);
}
