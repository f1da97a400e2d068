import type { OcsResult } from './ocs-envelope.ts';
import { pathOf } from './tree-node.ts';
import type { FileTree } from './tree.ts';
import type { TreeNode } from './tree-node.ts';

/** One entry of a feed. */
interface Activity {
  readonly id: number;
  readonly uid: string;
  readonly type: string;
  readonly fileId: number;
  readonly path: string;
}

const MAX_KEPT = 2000;
const FIRST_ID = 100;

/** What the app `activity` remembers: entries of all users in one row of ids. */
export class ActivityLog {
  readonly #entries: Activity[] = [];
  #lastId = FIRST_ID;

  constructor(tree: FileTree) {
    tree.onChange = (type, node, uids) => {
      for (const uid of uids) this.#add(uid, type, node);
    };
  }

  /** Removes what the app has kept for too long; ids go on. */
  expire(): void {
    this.#entries.length = 0;
  }

  /** @returns what a feed answers; 304 without a body when nothing is newer */
  answer(uid: string, query: URLSearchParams): OcsResult {
    const own = this.#entries.filter((entry) => entry.uid === uid);
    const since = Math.trunc(Number(query.get('since') ?? 0));
    const isAscending = query.get('sort') === 'asc';
    const limit = Number(query.get('limit') ?? 50);
    const known = this.#entries.find(({ id }) => id === since);
    if (known !== undefined && known.uid !== uid) return { code: 403 };
    // An entry that it does not know makes it begin again.
    const from = known === undefined ? null : since;
    const ordered = isAscending ? own : own.toReversed();
    const after = ordered.filter(({ id }) => from === null || (isAscending ? id > from : id < from)).slice(0, limit);
    const last = after.at(-1);
    const headers = {
      ...(own[0] && { 'X-Activity-First-Known': String(own[0].id) }),
      ...(last && { 'X-Activity-Last-Given': String(last.id) }),
    };
    return last === undefined ? { code: 304, headers } : { code: 200, data: after.map(document), headers };
  }

  #add(uid: string, type: string, node: TreeNode): void {
    this.#lastId += 1;
    const fileId = node.kind === 'mount' ? node.target.fileId : node.fileId;
    this.#entries.push({ id: this.#lastId, uid, type, fileId, path: `/${pathOf(node).join('/')}` });
    if (this.#entries.length > MAX_KEPT) this.#entries.shift();
  }
}

function document({ id, type, fileId, path }: Activity): Readonly<Record<string, unknown>> {
  return {
    activity_id: id,
    app: 'files',
    type,
    object_type: 'files',
    object_id: fileId,
    object_name: path,
    objects: { [fileId]: path },
  };
}
