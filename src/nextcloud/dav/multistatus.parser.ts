import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { DavElement, DavPropstat, DavResponse, MultistatusLimits } from './multistatus.types.ts';

const DAV = 'DAV:';

/** Generous for files; calendars and address books carry more text per response. */
export const DEFAULT_MULTISTATUS_LIMITS: MultistatusLimits = {
  maxDepth: 24,
  maxElementsPerResponse: 1_000,
  maxTokenChars: 256 * 1_024,
  maxTextCharsPerResponse: 1_024 * 1_024,
  maxSkippedCharsPerResponse: 4 * 1_024 * 1_024,
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
  /** Left out of its parent, for its size or because there are too many. */
  isDropped: boolean;
  readonly children: DavElement[];
}

/** States of saxes 6.0.0 in which its member `text` is text of the document and not of a comment or a declaration. */
const TEXT_STATES = [13, 20];

/**
 * Takes a multistatus (RFC 4918 section 13) in pieces and gives each response as soon as it is complete, so memory does
 * not grow with the length of a listing. What is too large in one response is left out of it and marked there; the others
 * stand. A document type declaration is refused: entities are never expanded.
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
  private skippedChars = 0;
  private attributes = 0;
  private charsSinceEvent = 0;
  private isTooLarge = false;

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
    this.parse(() => {
      this.xml.write(text);
      this.takePendingText();
    });
    // saxes collects an unfinished tag or comment without a bound of its own.
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
    const isDropped = (this.elements += 1) > this.limits.maxElementsPerResponse;
    this.isTooLarge ||= isDropped;
    this.open.push({ namespace: tag.uri, name: tag.local, text: '', isDropped, children: [] });
  }

  /** saxes would collect a text to its end, however long it is; a piece of it is as good. */
  private takePendingText(): void {
    const state = Reflect.get(this.xml, 'state') as unknown;
    const text = Reflect.get(this.xml, 'text') as unknown;
    if (typeof text !== 'string' || text === '' || !TEXT_STATES.includes(Number(state))) return;
    Reflect.set(this.xml, 'text', '');
    this.onText(text);
  }

  private onText(text: string): void {
    this.charsSinceEvent = 0;
    const current = this.open.at(-1);
    if (!current) return;
    if (current.isDropped) {
      if ((this.skippedChars += text.length) > this.limits.maxSkippedCharsPerResponse) fail('text-size');
      return;
    }
    if (this.textChars + text.length <= this.limits.maxTextCharsPerResponse) {
      this.textChars += text.length;
      current.text += text;
      return;
    }
    // Its room is for the small ones after it, such as the entity tag.
    this.textChars -= current.text.length;
    current.text = '';
    current.isDropped = true;
    this.isTooLarge = true;
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
      if (!closed.isDropped) parent.children.push(closed);
      return;
    }
    const { isTooLarge } = this;
    this.elements = 0;
    this.textChars = 0;
    this.skippedChars = 0;
    this.isTooLarge = false;
    if (closed.namespace !== DAV) return;
    if (closed.name === 'response') this.complete.push(toResponse(closed, isTooLarge));
    if (closed.name === 'sync-token') this.syncToken = closed.text.trim();
  }
}

function toResponse(element: DavElement, isTooLarge: boolean): DavResponse {
  const href = child(element, 'href')?.text.trim() ?? '';
  if (href === '') fail('no-href');
  const status = child(element, 'status');
  const propstats: DavPropstat[] = [];
  for (const entry of element.children) {
    if (entry.namespace !== DAV || entry.name !== 'propstat') continue;
    const given = child(entry, 'status');
    // Left out with what came before it.
    if (given === undefined && isTooLarge) continue;
    propstats.push({ status: parseStatus(given), properties: child(entry, 'prop')?.children ?? [] });
  }
  return { href, status: status ? parseStatus(status) : null, propstats, isTooLarge };
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
