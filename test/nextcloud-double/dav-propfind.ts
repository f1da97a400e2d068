import type { Answer } from './answer.ts';
import { getNode, hrefOf } from './dav-context.ts';
import type { DavContext } from './dav-context.ts';
import { badRequest, DavError, forbidden, methodNotAllowed } from './dav-error.ts';
import { multistatusBody } from './dav-multistatus.ts';
import type { DavResponse } from './dav-multistatus.ts';
import { readProperties } from './dav-properties.ts';
import type { Located } from './tree-node.ts';
import { childOf, parseXml } from './xml-document.ts';
import type { XmlElement } from './xml-document.ts';

const DAV_HEADERS = {
  'Content-Type': 'application/xml; charset=utf-8',
  Vary: 'Brief,Prefer',
  DAV: '1, 3, extended-mkcol, access-control, calendarserver-principal-property-search, nextcloud-checksum-update, nc-calendar-search, nc-enable-birthday-calendar',
};
const RESOURCE_TYPE = '{DAV:}resourcetype';
const AREAS = ['files'];

/** Lists a resource and what is below it, as deep as the Depth header says; without the header, one level. */
export async function propfind(context: DavContext): Promise<Answer> {
  const asked = askedProperties((await context.exchange.readBody()).toString('utf8'));
  const depth = depthOf(context);
  return { status: 207, headers: DAV_HEADERS, body: multistatusBody(responses(context, asked, depth)) };
}

/** @returns names to read; null for a request without a body. @throws DavError 400 */
function askedProperties(body: string): string[] | null {
  if (body === '') return null;
  const root = parseBody(body);
  if (root.name !== '{DAV:}propfind') {
    throw badRequest(`Expected {DAV:}propfind but received ${root.name} as the root element`);
  }
  const asked = childOf(root, '{DAV:}prop')?.children.map((it) => it.name) ?? [];
  return asked.length === 0 ? null : asked;
}

/** @returns the root of an XML request body. @throws DavError 400 */
export function parseBody(body: string): XmlElement {
  try {
    return parseXml(body);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

function depthOf(context: DavContext): number {
  const header = context.exchange.header('depth') ?? '1';
  if (header !== 'infinity') return /^\d+$/.test(header) ? Number(header) : 1;
  const policy = context.state.faults.depthInfinity;
  if (policy === 'forbidden') throw forbidden('Depth: infinity is not allowed');
  if (policy === 'not-implemented')
    throw new DavError(501, 'Sabre\\DAV\\Exception\\NotImplemented', { message: 'Depth: infinity' });
  return Infinity;
}

function responses(context: DavContext, asked: readonly string[] | null, depth: number): Iterable<DavResponse> {
  switch (context.target.kind) {
    case 'home':
      return below(context, getNode(context), { asked, depth });
    case 'foreign':
      if (context.target.path.length > 0) getNode(context);
      return [bareCollection(`${context.hrefBase}/`, asked)];
    case 'homes':
      if (depth > 0) throw methodNotAllowed('Listing members of this collection is disabled');
      return [bareCollection(`${context.hrefBase}/`, asked)];
    case 'root': {
      const areas = depth > 0 ? AREAS.map((area) => `${context.hrefBase}/${area}/`) : [];
      return [`${context.hrefBase}/`, ...areas].map((href) => bareCollection(href, asked));
    }
  }
}

function* below(
  context: DavContext,
  located: Located,
  wanted: { asked: readonly string[] | null; depth: number },
): Iterable<DavResponse> {
  context.state.tree.renewEtagIfUnsettled(located.node);
  yield { href: hrefOf(context, located), properties: readProperties(located, wanted.asked, context.state) };
  if (wanted.depth === 0) return;
  if (located.node.kind === 'folder' && located.node.scanState === 'unseen') return;
  for (const child of context.state.tree.children(located)) {
    yield* below(context, child, { ...wanted, depth: wanted.depth - 1 });
  }
}

/** Another user's home looks like an empty collection: only its resource type is there. */
function bareCollection(href: string, asked: readonly string[] | null): DavResponse {
  const names = asked ?? [RESOURCE_TYPE];
  return { href, properties: names.map((name) => [name, name === RESOURCE_TYPE ? '<d:collection/>' : null] as const) };
}
