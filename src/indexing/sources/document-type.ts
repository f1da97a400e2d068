import type { ExtractableMediaType } from '../extraction/extraction.types.ts';

/** What a label of documents looks like. */
export const SOURCE_TYPE = /^[a-z0-9_-]{1,32}$/;

const TYPE_OF_ENDING: readonly (readonly [string, ExtractableMediaType])[] = [
  ['.pdf', 'application/pdf'],
  ['.txt', 'text/plain'],
  ['.md', 'text/markdown'],
  ['.markdown', 'text/markdown'],
];

/** The type as which a file of this name is read; undefined for files that are not indexed. */
export function findDocumentType(path: string): ExtractableMediaType | undefined {
  const name = path.toLowerCase();
  return TYPE_OF_ENDING.find(([ending]) => name.endsWith(ending))?.[1];
}
