import { failure } from '../../../outbound/transport-error.ts';
import { findEtag } from '../../dav/dav-etag.ts';
import { findProperty, type DavElement, type DavResponse } from '../../dav/multistatus.types.ts';

const DAV = 'DAV:';
const OC = 'http://owncloud.org/ns';
const NC = 'http://nextcloud.org/ns';
const UNSCANNED_SIZE = '-1';

/** A file or a folder as Nextcloud lists it. */
export interface DavResource {
  /** Decoded path below the user's home: leading slash, no trailing slash, NFC. */
  readonly path: string;
  /** Last name of the path; empty for the home itself. */
  readonly name: string;
  readonly isCollection: boolean;
  /** Digits. Kept over rename, move, overwrite and restore, and the same for every user the file is shared with. */
  readonly fileId: string;
  /** Quoted. May stay the same when the content changes within a second: compare {@link fileFingerprint}. */
  readonly etag: string;
  /** Bytes; of the whole subtree for a collection. */
  readonly size: number;
  /** A folder that the server has not read itself yet, for example a copy: `Depth: infinity` hides what is in it. */
  readonly isUnscanned: boolean;
  /** By the file name's ending only; null for a collection. */
  readonly contentType: string | null;
  /** As the uploader set it; not proof of a change. */
  readonly lastModified: Date | null;
  /** Letters S R G D N V W C K (shared, reshare, read, delete, rename, move, write, create file, create folder). */
  readonly permissions: string;
  readonly ownerId: string | null;
  /** What the uploader claimed, for example `SHA1:…`; not proof of content. */
  readonly checksums: readonly string[];
  /** When the server got the content, in seconds since 1970; null for collections and for files it found by itself. */
  readonly uploadTime: number | null;
  /** `shared`, `external`, `group`; null for the user's own. */
  readonly mountType: string | null;
}

/** The properties of a {@link DavResource}, as a PROPFIND body (RFC 4918 section 14.20). */
export const RESOURCE_PROPFIND = `<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="${DAV}" xmlns:oc="${OC}" xmlns:nc="${NC}"><d:prop><d:getetag/><d:getlastmodified/><d:getcontentlength/>
<d:getcontenttype/><d:resourcetype/><oc:fileid/><oc:size/><oc:permissions/><oc:owner-id/><oc:checksums/><nc:upload_time/>
<nc:mount-type/></d:prop></d:propfind>`;

/**
 * Builds a resource from one response of a PROPFIND.
 * @returns null when Nextcloud's own properties are missing: it is not the caller's, or not a Nextcloud
 * @throws {DomainError} `upstream-protocol-error` when a property has no sensible value
 */
export function findResource(response: DavResponse, path: string, upstream: string): DavResource | null {
  const text = (namespace: string, name: string): string | null =>
    findProperty(response, namespace, name)?.text.trim() || null;
  const fileId = text(OC, 'fileid');
  const etag = findEtag(text(DAV, 'getetag'));
  if (fileId === null || etag === null) return null;
  if (!/^\d{1,19}$/.test(fileId)) throw failure('upstream-protocol-error', upstream, 'fileid');
  const isCollection = hasChild(findProperty(response, DAV, 'resourcetype'), 'collection');
  const size = parseCount(text(OC, 'size') ?? text(DAV, 'getcontentlength') ?? '0');
  if (size === null) throw failure('upstream-protocol-error', upstream, 'size');
  return {
    path,
    name: path.slice(path.lastIndexOf('/') + 1),
    isCollection,
    fileId,
    etag,
    size,
    isUnscanned: isCollection && text(OC, 'size') === UNSCANNED_SIZE,
    contentType: isCollection ? null : text(DAV, 'getcontenttype'),
    lastModified: parseDate(text(DAV, 'getlastmodified')),
    permissions: text(OC, 'permissions') ?? '',
    ownerId: text(OC, 'owner-id'),
    checksums: (findProperty(response, OC, 'checksums')?.children ?? []).map((entry) => entry.text.trim()),
    uploadTime: parseCount(text(NC, 'upload_time') ?? '') || null,
    mountType: text(NC, 'mount-type'),
  };
}

/**
 * What must differ when a file's content may have changed. The entity tag alone is not enough: Nextcloud derives it from
 * time, size and storage, so an overwrite of equal size within a second, or with a preserved time, keeps it.
 */
export function fileFingerprint(resource: Pick<DavResource, 'fileId' | 'etag' | 'size' | 'uploadTime'>): string {
  return [resource.fileId, resource.etag, String(resource.size), String(resource.uploadTime ?? 0)].join(' ');
}

function hasChild(element: DavElement | null, name: string): boolean {
  return element?.children.some((entry) => entry.name === name && entry.namespace === DAV) ?? false;
}

function parseCount(text: string): number | null {
  if (text === UNSCANNED_SIZE) return 0;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function parseDate(text: string | null): Date | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : new Date(time);
}
