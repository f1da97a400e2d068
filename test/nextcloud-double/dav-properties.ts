import { mediaTypeOf } from './media-type.ts';
import type { PropertyValue } from './dav-multistatus.ts';
import type { ServerState } from './server-state.ts';
import type { FileNode, FolderNode, Located } from './tree-node.ts';
import { escapeXml } from './xml-text.ts';

/** Appended to the padded fileid in `oc:id` and OC-FileId. */
export const INSTANCE_ID = 'ocdouble0000';
const UNLIMITED_QUOTA = -3;

type Reader = (located: Located, state: ServerState) => PropertyValue;

const PROPERTIES: Readonly<Record<string, Reader>> = {
  '{DAV:}getetag': (it, state) => `&quot;${state.tree.etagOf(it)}&quot;`,
  '{DAV:}getlastmodified': (it) => new Date(it.node.mtimeSeconds * 1000).toUTCString(),
  '{DAV:}getcontentlength': onFiles((node) => String(node.size)),
  '{DAV:}getcontenttype': (it) => (it.node.kind === 'file' ? mediaTypeOf(it.path.at(-1) ?? '') : null),
  '{DAV:}resourcetype': (it) => (it.node.kind === 'folder' ? '<d:collection/>' : ''),
  '{DAV:}displayname': (it) => escapeXml(it.path.at(-1) ?? it.viewerUid),
  '{DAV:}creationdate': () => '1970-01-01T00:00:00+00:00',
  '{DAV:}quota-used-bytes': (it, state) =>
    it.node.kind === 'folder' ? String(Math.max(0, state.tree.sizeOf(it))) : null,
  '{DAV:}quota-available-bytes': (it, state) =>
    it.node.kind === 'folder' ? String(availableBytes(it.ownerUid, state)) : null,
  '{http://owncloud.org/ns}id': (it) => davFileId(it.node),
  '{http://owncloud.org/ns}fileid': (it) => String(it.node.fileId),
  '{http://owncloud.org/ns}size': (it, state) => String(state.tree.sizeOf(it)),
  '{http://owncloud.org/ns}permissions': permissionsOf,
  '{http://owncloud.org/ns}owner-id': (it) => escapeXml(it.ownerUid),
  '{http://owncloud.org/ns}owner-display-name': (it, state) =>
    escapeXml(state.accounts.find(it.ownerUid)?.displayName ?? ''),
  '{http://owncloud.org/ns}checksums': onFiles((node) =>
    node.checksum === null ? null : `<oc:checksum>${escapeXml(node.checksum)}</oc:checksum>`,
  ),
  '{http://owncloud.org/ns}favorite': () => '0',
  '{http://owncloud.org/ns}share-types': () => '',
  '{http://nextcloud.org/ns}upload_time': onFiles((node) => String(node.uploadTimeSeconds)),
  '{http://nextcloud.org/ns}creation_time': () => '0',
  '{http://nextcloud.org/ns}mount-type': (it) => (it.mount === null ? '' : 'shared'),
  '{http://nextcloud.org/ns}is-encrypted': onFolders(() => '0'),
  '{http://nextcloud.org/ns}contained-file-count': onFolders((node) => countOf(node, 'file')),
  '{http://nextcloud.org/ns}contained-folder-count': onFolders((node) => countOf(node, 'folder')),
};

const WITHOUT_BODY = [
  '{DAV:}getlastmodified',
  '{DAV:}getcontentlength',
  '{DAV:}resourcetype',
  '{DAV:}quota-used-bytes',
  '{DAV:}quota-available-bytes',
  '{DAV:}getetag',
  '{DAV:}getcontenttype',
];

/** @returns the asked properties in order, null where the resource has none; without a list, the handful a bodiless PROPFIND gets. */
export function readProperties(
  located: Located,
  asked: readonly string[] | null,
  state: ServerState,
): [string, PropertyValue][] {
  const values = (asked ?? WITHOUT_BODY).map((name): [string, PropertyValue] => [
    name,
    PROPERTIES[name]?.(located, state) ?? null,
  ]);
  return asked === null ? values.filter(([, value]) => value !== null) : values;
}

/** @returns the padded fileid with the instance id. */
export function davFileId(node: FileNode | FolderNode): string {
  return String(node.fileId).padStart(8, '0') + INSTANCE_ID;
}

/** @returns bytes the user may still store; -3 is unlimited. */
export function availableBytes(uid: string, state: ServerState): number {
  const quota = state.accounts.find(uid)?.quotaBytes ?? null;
  return quota === null ? UNLIMITED_QUOTA : Math.max(0, quota - state.tree.home(uid).size);
}

function permissionsOf(located: Located): string {
  const shared = located.mount === null ? '' : 'S';
  return `${shared}RGDNV${located.node.kind === 'folder' ? 'CK' : 'W'}`;
}

function onFiles(read: (node: FileNode) => PropertyValue): Reader {
  return ({ node }) => (node.kind === 'file' ? read(node) : null);
}

function onFolders(read: (node: FolderNode) => PropertyValue): Reader {
  return ({ node }) => (node.kind === 'folder' ? read(node) : null);
}

function countOf(folder: FolderNode, kind: 'file' | 'folder'): string {
  if (folder.scanState === 'unseen') return '0';
  let count = 0;
  for (const child of folder.children.values()) {
    const node = child.kind === 'mount' ? child.target : child;
    if (node.kind === kind) count++;
  }
  return String(count);
}
