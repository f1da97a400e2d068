import { createHash } from 'node:crypto';

/** A file. Its ETag is derived from (mtime, inode, device, size), so some overwrites leave it as it was. */
export interface FileNode {
  readonly kind: 'file';
  readonly fileId: number;
  readonly inode: number;
  name: string;
  parent: FolderNode | null;
  etag: string;
  mtimeSeconds: number;
  size: number;
  content: Buffer;
  /** When the server received the content, in seconds; 0 for files found by a server-side scan. */
  uploadTimeSeconds: number;
  /** What the uploader claimed in OC-Checksum; never verified. */
  checksum: string | null;
  /** Of a file whose content is generated when it is read; `content` is empty then. */
  generated: GeneratedContent | null;
  /** Content that appeared on the disk behind the server's back and is noticed by the next GET. */
  unnoticedContent: Buffer | null;
}

/** Content that is not kept. */
export interface GeneratedContent {
  readonly size: number;
  /** Of what was uploaded; null when the file was put there by the test. */
  readonly sha256: string | null;
}

/** A folder. Its ETag is replaced, together with every ancestor's, by any change below it. */
export interface FolderNode {
  readonly kind: 'folder';
  readonly fileId: number;
  name: string;
  parent: FolderNode | null;
  etag: string;
  mtimeSeconds: number;
  /** Bytes of all files below, incoming shares excluded. */
  size: number;
  /** How much of a copied folder the server has looked at; every other folder is settled. */
  scanState: ScanState;
  readonly children: Map<string, TreeNode>;
}

/**
 * A copied folder is indexed one level deep. Its subfolders are `unseen`: size -1, and listings from above do not show
 * what is in them. Looking into one makes it `unsettled` when it has subfolders itself (children known, size still -1,
 * another ETag at every listing) or `settled` when not. A background scan settles everything.
 */
export type ScanState = 'settled' | 'unsettled' | 'unseen';

/** Where another user's node appears in a recipient's home. */
export interface MountNode {
  readonly kind: 'mount';
  readonly ownerUid: string;
  readonly target: FileNode | FolderNode;
  name: string;
  parent: FolderNode | null;
}

export type TreeNode = FileNode | FolderNode | MountNode;

/** A node as one user sees it: the same file has one fileid for everybody but another path and other permissions. */
export interface Located {
  readonly node: FileNode | FolderNode;
  readonly viewerUid: string;
  readonly ownerUid: string;
  /** The incoming share the path leads through. */
  readonly mount: MountNode | null;
  /** Names below the viewer's root. */
  readonly path: readonly string[];
}

/** @returns whether the path ends at the share itself and not below it. */
export function isMountRoot(located: Located): boolean {
  return located.mount !== null && located.node === located.mount.target;
}

const DEVICE = 64512;

/** @returns the ETag a Nextcloud computes for a file on local storage, 32 hex digits without quotes. */
export function fileEtag(node: { mtimeSeconds: number; inode: number; size: number }): string {
  return createHash('md5').update(`${node.mtimeSeconds}${node.inode}${DEVICE}${node.size}`).digest('hex');
}

/** @returns whether `folder` is `node` itself or lies somewhere below it. */
export function isInside(folder: FolderNode, node: TreeNode): boolean {
  for (let at: FolderNode | null = folder; at !== null; at = at.parent) if (at === node) return true;
  return false;
}

/** @returns names from the root down to the node, the root's own excluded. */
export function pathOf(node: TreeNode): string[] {
  const names: string[] = [];
  for (let at: TreeNode = node; at.parent !== null; at = at.parent) names.unshift(at.name);
  return names;
}

/** Splits a client path and normalises its names to NFC, the form a Nextcloud stores. */
export function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((name) => name !== '')
    .map((name) => name.normalize('NFC'));
}
