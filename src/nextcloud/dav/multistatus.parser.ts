import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { DavElement, DavPropstat, DavResponse, MultistatusLimits } from './multistatus.types.ts';

const DAV = 'DAV:';

/** Generous for files; calendars and address books carry more text per response. */
export const DEFAULT_MULTISTATUS_LIMITS: MultistatusLimits = {
  maxDepth: 24,
  maxElementsPerResponse: 1_000,
  maxTokenChars: 256 * 1_024,
  maxTextCharsPerResponse: 1_024 * 1_024,
  maxAttributes: 32,
};

/** Why a text is not an acceptable multistatus; a short word for the log, never text of the server. */
export class MultistatusError extends Error {
  constructor(readonly reason: string) {
    super(`Unacceptable multistatus: ${reason}`);
    this.name = 'MultistatusError';
  }
}

interface OpenElement {
  readonly namespace: string;
  readonly name: string;
  text: string;
  readonly children: DavElement[];
}

/**
 * Takes a multistatus (RFC 4918 section 13) in pieces and gives each response as soon as it is complete, so memory does
 * not grow with the length of a listing. A document type declaration is refused: entities are never expanded.
 */
export class MultistatusParser {
  /** The `sync-token` of the answer (RFC 6578 section 6.4); known after the end. */
  syncToken: string | null = null;
  private readonly xml = new SaxesParser({ xmlns: true, position: false });
  private open: OpenElement[] = [];
  private complete: DavResponse[] = [];
  private depth = 0;
  private elements = 0;
  private textChars = 0;
  private attributes = 0;
  private charsSinceEvent = 0;

  constructor(private readonly limits: MultistatusLimits = DEFAULT_MULTISTATUS_LIMITS) {
    this.xml.on('doctype', () => fail('doctype'));
    this.xml.on('comment', () => (this.charsSinceEvent = 0));
    this.xml.on('processinginstruction', () => (this.charsSinceEvent = 0));
    this.xml.on('attribute', () => {
      if ((this.attributes += 1) > this.limits.maxAttributes) fail('attributes');
    });
    this.xml.on('opentag', (tag) => this.onOpen(tag));
    this.xml.on('closetag', () => this.onClose());
    this.xml.on('text', (text) => this.onText(text));
    this.xml.on('cdata', (text) => this.onText(text));
  }

  /**
   * Takes the next piece of text and returns the responses that it completed.
   * @throws {MultistatusError} when the text is not XML, not a multistatus, or beyond a limit
   */
  write(text: string): DavResponse[] {
    this.charsSinceEvent += text.length;
    this.parse(() => this.xml.write(text));
    // saxes collects an unfinished text, tag or comment without a bound of its own.
    if (this.charsSinceEvent > this.limits.maxTokenChars) fail('token-size');
    const complete = this.complete;
    this.complete = [];
    return complete;
  }

  /** @throws {MultistatusError} when the document is not complete */
  end(): void {
    this.parse(() => this.xml.close());
  }

  private parse(step: () => void): void {
    try {
      step();
    } catch (error) {
      throw error instanceof MultistatusError ? error : new MultistatusError('xml-syntax');
    }
  }

  private onOpen(tag: SaxesTagNS): void {
    this.charsSinceEvent = 0;
    this.attributes = 0;
    this.depth += 1;
    if (this.depth > this.limits.maxDepth) fail('depth');
    if (this.depth === 1) {
      if (tag.uri !== DAV || tag.local !== 'multistatus') fail('not-multistatus');
      return;
    }
    if ((this.elements += 1) > this.limits.maxElementsPerResponse) fail('elements');
    this.open.push({ namespace: tag.uri, name: tag.local, text: '', children: [] });
  }

  private onText(text: string): void {
    this.charsSinceEvent = 0;
    const current = this.open.at(-1);
    if (!current) return;
    if ((this.textChars += text.length) > this.limits.maxTextCharsPerResponse) fail('text-size');
    current.text += text;
  }

  private onClose(): void {
    this.charsSinceEvent = 0;
    this.depth -= 1;
    const closed = this.open.pop();
    if (!closed) return;
    // Text between child elements is layout.
    if (closed.children.length > 0) closed.text = '';
    const parent = this.open.at(-1);
    if (parent) {
      parent.children.push(closed);
      return;
    }
    this.elements = 0;
    this.textChars = 0;
    if (closed.namespace !== DAV) return;
    if (closed.name === 'response') this.complete.push(toResponse(closed));
    if (closed.name === 'sync-token') this.syncToken = closed.text.trim();
  }
}

function toResponse(element: DavElement): DavResponse {
  const href = child(element, 'href')?.text.trim() ?? '';
  if (href === '') fail('no-href');
  const status = child(element, 'status');
  const propstats: DavPropstat[] = [];
  for (const entry of element.children) {
    if (entry.namespace !== DAV || entry.name !== 'propstat') continue;
    propstats.push({ status: parseStatus(child(entry, 'status')), properties: child(entry, 'prop')?.children ?? [] });
  }
  return { href, status: status ? parseStatus(status) : null, propstats };
}

function child(element: DavElement, name: string): DavElement | undefined {
  return element.children.find((entry) => entry.name === name && entry.namespace === DAV);
}

function parseStatus(element: DavElement | undefined): number {
  const match = /^\s*HTTP\/\d(?:\.\d)? (\d{3})(?: |\s*$)/.exec(element?.text ?? '');
  return match ? Number(match[1]) : fail('status');
}

function fail(reason: string): never {
  throw new MultistatusError(reason);
}
