import type { Answer } from './answer.ts';
import type { DavContext } from './dav-context.ts';
import { DavError, notFound, notImplemented } from './dav-error.ts';
import { multistatusBody } from './dav-multistatus.ts';
import type { PropertyValue } from './dav-multistatus.ts';
import { encodePath } from './dav-path.ts';
import { readProperties } from './dav-properties.ts';
import { mediaTypeOf } from './media-type.ts';
import { segmentsOf } from './tree-node.ts';
import type { Located } from './tree-node.ts';
import { childOf, parseXml } from './xml-document.ts';
import type { XmlElement } from './xml-document.ts';

const XML = 'application/xml; charset="utf-8"';
const FILE_ID = '{http://owncloud.org/ns}fileid';
const PAGING = '{https://github.com/icewind1991/SearchDAV/ns}firstresult';
/** What hits do not tell although a PROPFIND would. */
const UNKNOWN_TO_SEARCH = new Set(['{http://owncloud.org/ns}owner-id']);

type SearchValue = string | number;

const SEARCHABLE: Readonly<Record<string, (located: Located) => SearchValue>> = {
  '{DAV:}getcontenttype': (it) =>
    it.node.kind === 'file' ? mediaTypeOf(it.path.at(-1) ?? '') : 'httpd/unix-directory',
  '{DAV:}displayname': (it) => it.path.at(-1) ?? '',
  '{DAV:}getlastmodified': (it) => it.node.mtimeSeconds,
  '{http://owncloud.org/ns}size': (it) => it.node.size,
  [FILE_ID]: (it) => it.node.fileId,
};

/** SEARCH on the DAV root: the `basicsearch` grammar over names, types, sizes, times and file ids. */
export async function search(context: DavContext): Promise<Answer> {
  const body = (await context.exchange.readBody()).toString('utf8');
  const isXml = /^(text|application)\/xml/.test(context.exchange.header('content-type') ?? '');
  if (context.target.kind !== 'root' || !isXml) throw notImplemented('SEARCH');
  let basicSearch: XmlElement;
  try {
    basicSearch = need(parseXml(body), '{DAV:}basicsearch');
  } catch {
    return { status: 400, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: 'xml parse error' };
  }
  const scope = scopeOf(context, basicSearch);
  const isMatch = predicateOf(basicSearch);
  const order = orderOf(basicSearch);
  if (isMatch === null)
    return { status: 400, headers: { 'Content-Type': XML }, body: 'requested search property is not searchable' };
  if (order === null)
    return { status: 400, headers: { 'Content-Type': XML }, body: 'requested order by property is not sortable' };
  const hits = [...descendants(context, scope)].filter(isMatch).sort(order);
  const first = firstOf(basicSearch);
  const page = hits.slice(first, first + limitOf(basicSearch));
  const select = childOf(need(basicSearch, '{DAV:}select'), '{DAV:}prop')?.children.map((it) => it.name) ?? [];
  const responses = page.map((it) => ({
    href: `/remote.php/dav/files/${encodePath([context.account.uid, ...it.path])}`,
    properties: readProperties(it, select, context.state).map(([name, value]): [string, PropertyValue] => [
      name,
      UNKNOWN_TO_SEARCH.has(name) ? null : value,
    ]),
  }));
  return { status: 207, headers: { 'Content-Type': XML }, body: multistatusBody(responses) };
}

function scopeOf(context: DavContext, basicSearch: XmlElement): Located {
  const scope = childOf(need(basicSearch, '{DAV:}from'), '{DAV:}scope');
  // Taken literally: a scope that is percent-encoded is another path.
  const names = segmentsOf(childOf(scope ?? basicSearch, '{DAV:}href')?.text ?? '');
  const [area, uid, ...path] = names;
  if (area !== 'files' || context.state.accounts.find(uid ?? '')?.uid !== context.account.uid) {
    throw new DavError(500, 'InvalidArgumentException', { message: 'Search is only supported on directories' });
  }
  const located = context.state.tree.find(context.account.uid, path);
  if (located === null) throw notFound(`File with name //${path.join('/')} could not be located`);
  return located;
}

function* descendants(context: DavContext, located: Located): Iterable<Located> {
  for (const child of context.state.tree.children(located)) {
    yield child;
    if (child.node.kind === 'folder' && child.node.scanState === 'unseen') continue;
    yield* descendants(context, child);
  }
}

/** @returns null when a property that cannot be searched is asked for. */
function predicateOf(basicSearch: XmlElement): ((located: Located) => boolean) | null {
  const operator = childOf(basicSearch, '{DAV:}where')?.children[0];
  if (operator === undefined)
    throw new DavError(500, 'TypeError', { message: 'Argument #1 ($operator) must not be null' });
  return compile(operator);
}

function compile(operator: XmlElement): ((located: Located) => boolean) | null {
  const name = operator.name.replace('{DAV:}', '');
  if (name === 'and' || name === 'or' || name === 'not') {
    const parts = operator.children.map(compile);
    if (parts.includes(null)) return null;
    return (it) => {
      const results = parts.map((part) => part?.(it) ?? false);
      if (name === 'not') return results[0] === false;
      return name === 'and' ? results.every(Boolean) : results.some(Boolean);
    };
  }
  const property = childOf(operator, '{DAV:}prop')?.children[0]?.name ?? '';
  const read = SEARCHABLE[property];
  const literal = childOf(operator, '{DAV:}literal')?.text ?? '';
  return read === undefined ? null : (it) => compare(name, read(it), literal);
}

function compare(operator: string, value: SearchValue, literal: string): boolean {
  if (operator === 'like') return likeExpression(literal).test(String(value));
  const wanted = typeof value === 'string' ? literal : numberOf(literal);
  if (operator === 'eq') return value === wanted;
  if (operator === 'gt') return value > wanted;
  if (operator === 'gte') return value >= wanted;
  return operator === 'lt' ? value < wanted : value <= wanted;
}

function numberOf(literal: string): number {
  return /^-?\d+$/.test(literal) ? Number(literal) : Date.parse(literal) / 1000;
}

function likeExpression(literal: string): RegExp {
  const source = literal.replace(/\\?[^]/g, (part) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    return part.replace(/^\\(?=.)/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'is');
}

/** @returns null when a property that cannot be sorted by is asked for. */
function orderOf(basicSearch: XmlElement): ((a: Located, b: Located) => number) | null {
  const order = childOf(childOf(basicSearch, '{DAV:}orderby') ?? basicSearch, '{DAV:}order');
  if (order === undefined) return () => 0;
  const property = childOf(order, '{DAV:}prop')?.children[0]?.name ?? '';
  const read = property === FILE_ID ? undefined : SEARCHABLE[property];
  const sign = childOf(order, '{DAV:}descending') === undefined ? 1 : -1;
  if (read === undefined) return null;
  return (a, b) => (read(a) < read(b) ? -sign : read(a) > read(b) ? sign : 0);
}

function limitOf(basicSearch: XmlElement): number {
  const count = childOf(childOf(basicSearch, '{DAV:}limit') ?? basicSearch, '{DAV:}nresults')?.text.trim();
  return count === undefined ? Infinity : Number(count);
}

/** Paging counts hits from 0; the same element in Nextcloud's own namespace is ignored. */
function firstOf(basicSearch: XmlElement): number {
  return Number(childOf(childOf(basicSearch, '{DAV:}limit') ?? basicSearch, PAGING)?.text.trim() ?? '0');
}

function need(element: XmlElement, name: string): XmlElement {
  const child = childOf(element, name);
  if (child === undefined) throw new Error(`${name} is missing`);
  return child;
}
