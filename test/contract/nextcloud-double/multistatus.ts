import { childOf, parseXml } from '../../nextcloud-double/xml-document.ts';
import type { RawAnswer } from './raw-http.ts';

/** One `d:response`: values of the 200 block and names in the 404 block, both without their namespaces. */
export interface ListedResource {
  readonly href: string;
  readonly found: Readonly<Record<string, string>>;
  /** Names of the elements inside `d:resourcetype`. */
  readonly types: readonly string[];
  readonly missing: readonly string[];
}

const PROPERTIES =
  '<d:getetag/><d:getlastmodified/><d:getcontentlength/><d:getcontenttype/><d:resourcetype/><oc:fileid/><oc:size/>' +
  '<oc:permissions/><oc:owner-id/><oc:checksums/><nc:upload_time/><nc:mount-type/>';

/** A PROPFIND body that asks for everything an indexer wants. */
export const PROPFIND_BODY =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns">' +
  `<d:prop>${PROPERTIES}</d:prop></d:propfind>`;

/** @returns the resources of a 207 answer. @throws when it is none */
export function resourcesOf(answer: RawAnswer): ListedResource[] {
  if (answer.status !== 207)
    throw new Error(`Not a multi-status answer: ${answer.status} ${answer.text.slice(0, 500)}`);
  return parseXml(answer.text).children.map((response) => {
    const found: Record<string, string> = {};
    const types: string[] = [];
    const missing: string[] = [];
    for (const propstat of response.children.filter((it) => it.name === '{DAV:}propstat')) {
      const isFound = childOf(propstat, '{DAV:}status')?.text.includes(' 200 ') === true;
      for (const property of childOf(propstat, '{DAV:}prop')?.children ?? []) {
        if (!isFound) missing.push(localName(property.name));
        else found[localName(property.name)] = property.text + property.children.map((it) => it.text).join('');
        if (isFound && property.name === '{DAV:}resourcetype')
          types.push(...property.children.map((it) => localName(it.name)));
      }
    }
    return { href: childOf(response, '{DAV:}href')?.text ?? '', found, types, missing };
  });
}

function localName(name: string): string {
  return name.slice(name.indexOf('}') + 1);
}

/** @returns `s:exception` and `s:message` of an error body. */
export function exceptionOf(answer: RawAnswer): { exception: string; message: string } {
  const root = parseXml(answer.text);
  const read = (name: string) => childOf(root, `{http://sabredav.org/ns}${name}`)?.text ?? '';
  return { exception: read('exception'), message: read('message') };
}
