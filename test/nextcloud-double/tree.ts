import { createHash } from 'node:crypto';
import type { ServerClock } from './clock.ts';
import { fileEtag, isInside, pathOf } from './tree-node.ts';
import type { FileNode, FolderNode, Located, MountNode, ScanState, TreeNode } from './tree-node.ts';

/** What may come with new content. */
export interface WriteOptions {
  /** Modification time claimed by the client, seconds; default the server's time. */
  readonly mtimeSeconds?: number;
  readonly checksum?: string;
  /** Seconds; default the server's time, 0 for files found by a server-side scan. */
  readonly uploadTimeSeconds?: number;
}

/** All users' files: one identity per file, ETags that climb to the root, incoming shares as mounts. */
export class FileTree {
  readonly #clock: ServerClock;
  readonly #homes = new Map<string, FolderNode>();
  readonly #mounts: { recipientUid: string; mount: MountNode }[] = [];
  /** Told of every change with the users who see it. */
  onChange: (type: string, node: TreeNode, uids: readonly string[]) => void = () => undefined;
  #nextFileId = 40;
  #nextEtag = 0;

  constructor(clock: ServerClock) {
    this.#clock = clock;
  }

  addHome(uid: string): void {
    this.#homes.set(uid, this.#newFolder('', null));
  }

  removeHome(uid: string): void {
    this.#homes.delete(uid);
    for (const { recipientUid, mount } of [...this.#mounts]) {
      if (recipientUid === uid || mount.ownerUid === uid) this.detach(mount);
    }
  }

  home(uid: string): FolderNode {
    const home = this.#homes.get(uid);
    if (home === undefined) throw new Error(`The double has no home of ${uid}`);
    return home;
  }

  /** @returns the node under the viewer's path; null when nothing is there. */
  find(viewerUid: string, path: readonly string[]): Located | null {
    let node: FileNode | FolderNode = this.home(viewerUid);
    let mount: MountNode | null = null;
    for (const name of path) {
      const child: TreeNode | undefined = node.kind === 'folder' ? node.children.get(name) : undefined;
      if (child === undefined) return null;
      if (child.kind === 'mount') mount = child;
      node = child.kind === 'mount' ? child.target : child;
      if (node.kind === 'folder' && node.scanState === 'unseen') this.#lookInto(node);
    }
    return { node, viewerUid, ownerUid: mount?.ownerUid ?? viewerUid, mount, path };
  }

  /** @returns what a folder lists, in the order of creation. */
  *children(located: Located): Iterable<Located> {
    if (located.node.kind !== 'folder') return;
    for (const child of located.node.children.values()) {
      const path = [...located.path, child.name];
      if (child.kind !== 'mount') yield { ...located, node: child, path };
      else yield { ...located, node: child.target, mount: child, ownerUid: child.ownerUid, path };
    }
  }

  createFile(parent: FolderNode, name: string, content: Buffer): FileNode {
    const now = this.#clock.nowSeconds();
    const fileId = this.#nextFileId++;
    const inode = 1_000_000 + fileId;
    const size = content.length;
    const stamp = {
      mtimeSeconds: now,
      size,
      etag: fileEtag({ mtimeSeconds: now, inode, size }),
      uploadTimeSeconds: now,
    };
    const node: FileNode = {
      kind: 'file',
      fileId,
      inode,
      name,
      parent,
      content,
      ...stamp,
      checksum: null,
      generated: null,
      unnoticedContent: null,
    };
    parent.children.set(name, node);
    this.#resize(parent, size);
    return node;
  }

  /** Stores new content in a file and changes every ancestor's ETag. */
  write(node: FileNode, content: Buffer, options: WriteOptions = {}): void {
    if (node.parent !== null) this.#resize(node.parent, content.length - node.size);
    node.content = content;
    node.generated = null;
    node.unnoticedContent = null;
    node.size = content.length;
    this.#stamp(node, options);
  }

  /** Stores that a file has content of this size, which is generated whenever it is read. */
  writeGenerated(node: FileNode, size: number, { sha256 = null }: { sha256?: string | null } = {}): void {
    if (node.parent !== null) this.#resize(node.parent, size - node.size);
    node.content = Buffer.alloc(0);
    node.generated = { size, sha256 };
    node.unnoticedContent = null;
    node.size = size;
    this.#stamp(node, {});
  }

  #stamp(node: FileNode, options: WriteOptions): void {
    const now = this.#clock.nowSeconds();
    // A modification time equal to the remembered one makes the server keep the ETag, whatever the size did meanwhile.
    const keepsEtag = options.mtimeSeconds === undefined && node.mtimeSeconds === now;
    node.mtimeSeconds = options.mtimeSeconds ?? now;
    node.uploadTimeSeconds = options.uploadTimeSeconds ?? now;
    node.checksum = options.checksum ?? null;
    if (!keepsEtag) node.etag = fileEtag(node);
    this.propagate(node.parent);
    this.#tell('file_changed', node);
  }

  createFolder(parent: FolderNode, name: string): FolderNode {
    const folder = this.#newFolder(name, parent);
    parent.children.set(name, folder);
    this.propagate(parent);
    this.#tell('file_created', folder);
    return folder;
  }

  detach(node: TreeNode): void {
    const parent = node.parent;
    if (parent === null) throw new Error('A home cannot be removed');
    this.#tell(node.kind === 'mount' ? 'shared' : 'file_deleted', node);
    parent.children.delete(node.name);
    if (node.kind === 'mount') {
      this.#mounts.splice(
        this.#mounts.findIndex((it) => it.mount === node),
        1,
      );
      return;
    }
    this.#resize(parent, -node.size);
    this.propagate(parent);
    for (const { mount } of [...this.#mounts]) if (contains(node, mount.target)) this.detach(mount);
  }

  /** Moves or renames; the node and everything below keep their ETags and fileids. */
  relocate(node: TreeNode, parent: FolderNode, name: string): void {
    const from = node.parent;
    if (from === null || (node.kind === 'folder' && isInside(parent, node))) throw new Error('Impossible move');
    const bytes = node.kind === 'mount' ? 0 : node.size;
    from.children.delete(node.name);
    this.#resize(from, -bytes);
    node.name = name;
    node.parent = parent;
    parent.children.set(name, node);
    this.#resize(parent, bytes);
    this.#tell('file_changed', node);
    if (node.kind === 'mount') return;
    this.propagate(from);
    this.propagate(parent);
  }

  /** Copies a file or a whole folder; every copy gets its own fileid and ETag. */
  copy(node: FileNode | FolderNode, parent: FolderNode, name: string): FileNode | FolderNode {
    if (node.kind === 'file') {
      const copied = this.createFile(parent, name, node.content);
      copied.uploadTimeSeconds = 0;
      this.propagate(parent);
      return copied;
    }
    const children = [...node.children.values()];
    const folder = this.createFolder(parent, name);
    for (const child of children) {
      if (child.kind === 'mount') continue;
      const copied = this.copy(child, folder, child.name);
      if (copied.kind === 'folder') copied.scanState = 'unseen';
    }
    folder.scanState = stateAfterLooking(folder);
    return folder;
  }

  /** Lets an owner's node appear in the recipient's root. */
  attachMount(
    recipientUid: string,
    shared: { ownerUid: string; target: FileNode | FolderNode; name: string },
  ): MountNode {
    const root = this.home(recipientUid);
    const mount: MountNode = { kind: 'mount', parent: root, ...shared };
    root.children.set(shared.name, mount);
    this.#mounts.push({ recipientUid, mount });
    this.#tell('shared', mount);
    return mount;
  }

  mountsOf(recipientUid: string): MountNode[] {
    return this.#mounts.filter((it) => it.recipientUid === recipientUid).map((it) => it.mount);
  }

  /** Gives the folder and all its ancestors one new common ETag and brings their times up. */
  propagate(folder: FolderNode | null): void {
    const etag = this.#newEtag();
    const now = this.#clock.nowSeconds();
    for (let at = folder; at !== null; at = at.parent) {
      at.etag = etag;
      at.mtimeSeconds = Math.max(at.mtimeSeconds, now);
    }
  }

  /** Gives a folder that is not settled yet the new ETag that every listing of it brings. */
  renewEtagIfUnsettled(node: FileNode | FolderNode): void {
    if (node.kind === 'folder' && node.scanState !== 'settled') node.etag = this.#newEtag();
  }

  /** Indexes all copied folders completely, as the server's background job does some minutes later. */
  settle(uid: string): void {
    const etag = this.#newEtag();
    const settleBelow = (folder: FolderNode): void => {
      if (folder.scanState !== 'settled')
        for (let at: FolderNode | null = folder; at !== null; at = at.parent) at.etag = etag;
      folder.scanState = 'settled';
      for (const child of folder.children.values()) if (child.kind === 'folder') settleBelow(child);
    };
    settleBelow(this.home(uid));
  }

  /** @returns the ETag the viewer sees: mounts below a folder are mixed into it, so unsharing restores the old value. */
  etagOf(located: Located): string {
    if (located.node.kind === 'file' || located.mount !== null) return located.node.etag;
    const parts = this.#mountsBelow(located).map((it) => `${pathOf(it).join('/')}/${it.target.etag}`);
    return parts.length === 0
      ? located.node.etag
      : createHash('md5')
          .update([located.node.etag, ...parts].join('::'))
          .digest('hex');
  }

  /** @returns bytes of the file or of the whole subtree, incoming shares included. */
  sizeOf(located: Located): number {
    if (located.node.kind === 'folder' && located.node.scanState !== 'settled') return -1;
    if (located.node.kind === 'file' || located.mount !== null) return located.node.size;
    return this.#mountsBelow(located).reduce((sum, it) => sum + it.target.size, located.node.size);
  }

  #tell(type: string, node: TreeNode): void {
    let root: TreeNode = node;
    while (root.parent !== null) root = root.parent;
    const owners = [...this.#homes].filter(([, home]) => home === root).map(([uid]) => uid);
    const target = node.kind === 'mount' ? null : node;
    const recipients = this.#mounts.filter(({ mount }) => target !== null && isOf(mount.target, target));
    this.onChange(type, node, [...new Set([...owners, ...recipients.map(({ recipientUid }) => recipientUid)])]);
  }

  #mountsBelow(located: Located): MountNode[] {
    return this.mountsOf(located.viewerUid).filter((it) => it.parent !== null && isInside(it.parent, located.node));
  }

  #lookInto(folder: FolderNode): void {
    folder.scanState = stateAfterLooking(folder);
    folder.etag = this.#newEtag();
  }

  #newFolder(name: string, parent: FolderNode | null): FolderNode {
    const mtimeSeconds = this.#clock.nowSeconds();
    const etag = this.#newEtag();
    return {
      kind: 'folder',
      fileId: this.#nextFileId++,
      name,
      parent,
      etag,
      mtimeSeconds,
      size: 0,
      scanState: 'settled',
      children: new Map(),
    };
  }

  /** Folder ETags are unique ids: seconds and a counter, 13 hex digits. */
  #newEtag(): string {
    this.#nextEtag = (this.#nextEtag + 1) % 0xfffff;
    return this.#clock.nowSeconds().toString(16).padStart(8, '0') + this.#nextEtag.toString(16).padStart(5, '0');
  }

  #resize(folder: FolderNode, bytes: number): void {
    for (let at: FolderNode | null = folder; at !== null; at = at.parent) at.size += bytes;
  }
}

function stateAfterLooking(folder: FolderNode): ScanState {
  return [...folder.children.values()].some((it) => it.kind === 'folder') ? 'unsettled' : 'settled';
}

function isOf(shared: FileNode | FolderNode, node: FileNode | FolderNode): boolean {
  return shared === node || (shared.kind === 'folder' && node.parent !== null && isInside(node.parent, shared));
}

function contains(node: FileNode | FolderNode, target: FileNode | FolderNode): boolean {
  if (node === target) return true;
  return node.kind === 'folder' && target.parent !== null && isInside(target.parent, node);
}
