/** An XML element by its expanded name; the prefix a server chose never matters. */
export interface DavElement {
  /** Namespace URI, for example `DAV:`; empty without one. */
  readonly namespace: string;
  readonly name: string;
  /** Character data; empty for an element with children. */
  readonly text: string;
  readonly children: readonly DavElement[];
}

/** Properties with one status (RFC 4918 section 14.22). */
export interface DavPropstat {
  readonly status: number;
  readonly properties: readonly DavElement[];
}

/** One `response` of a multistatus (RFC 4918 section 14.24). */
export interface DavResponse {
  /** As the server wrote it: percent-encoded path or absolute URL. */
  readonly href: string;
  /** Status of the resource itself, null when it is given per property. */
  readonly status: number | null;
  readonly propstats: readonly DavPropstat[];
  /** True when properties are missing because they, or all of them together, are larger than is kept. */
  readonly isTooLarge: boolean;
}

/**
 * Bounds of a multistatus. An answer that exceeds one is refused as `upstream-protocol-error`, but for the bounds of one
 * `response`: what is beyond them is left out of it.
 */
export interface MultistatusLimits {
  /** Nesting of elements. */
  readonly maxDepth: number;
  /** Elements below one `response`. */
  readonly maxElementsPerResponse: number;
  /** Characters of one tag or comment. */
  readonly maxTokenChars: number;
  /** Characters of text below one `response`. */
  readonly maxTextCharsPerResponse: number;
  /** Characters of text that are left out of one `response`, until the answer is refused. */
  readonly maxSkippedCharsPerResponse: number;
  /** Attributes of one element, namespace declarations included. */
  readonly maxAttributes: number;
}

/** Finds a property that was answered with 200. */
export function findProperty(response: DavResponse, namespace: string, name: string): DavElement | null {
  for (const propstat of response.propstats) {
    if (propstat.status !== 200) continue;
    const found = propstat.properties.find((property) => property.name === name && property.namespace === namespace);
    if (found) return found;
  }
  return null;
}
