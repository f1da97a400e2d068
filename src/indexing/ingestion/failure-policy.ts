import { isDomainError } from '../../problem/domain-error.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import { ExtractionError } from '../extraction/extraction.errors.ts';
import type { ExtractionFailureCode } from '../extraction/extraction.types.ts';

/** What follows from a failure while a document is read. */
export type IngestionVerdict =
  /** Another try at this version cannot help. */
  | { readonly kind: 'settled'; readonly state: 'failed' | 'too_large'; readonly reason: string }
  /** May go better next time; counts as a try. */
  | { readonly kind: 'retry'; readonly reason: string }
  /** Says nothing about the file: it is tried later, and this try does not count. */
  | { readonly kind: 'later'; readonly reason: string }
  /** The file is not there any more. */
  | { readonly kind: 'gone' }
  /** The source failed: it is either down or cannot give this one file. */
  | { readonly kind: 'source'; readonly reason: string }
  /** Nothing more can be read now. */
  | { readonly kind: 'stop' };

const OF_CODE: Partial<Record<ProblemCode, IngestionVerdict>> = {
  'account-link-invalid': { kind: 'stop' },
  'account-suspended': { kind: 'stop' },
  'account-not-linked': { kind: 'stop' },
  'nextcloud-not-configured': { kind: 'stop' },
  'service-unavailable': { kind: 'stop' },
  'upstream-throttled': { kind: 'stop' },
  'upstream-busy': { kind: 'stop' },
  'file-not-found': { kind: 'gone' },
  'file-too-large': { kind: 'settled', state: 'too_large', reason: 'too-large' },
  'resource-locked': { kind: 'later', reason: 'resource-locked' },
  'etag-mismatch': { kind: 'retry', reason: 'etag-mismatch' },
  'internal-error': { kind: 'retry', reason: 'internal-error' },
};

const OF_EXTRACTION: Readonly<Record<ExtractionFailureCode, IngestionVerdict>> = {
  encrypted: settled('encrypted'),
  unreadable: settled('unreadable'),
  empty: settled('empty'),
  'unsupported-type': settled('unsupported-type'),
  'too-large': { kind: 'settled', state: 'too_large', reason: 'too-large' },
  timeout: { kind: 'retry', reason: 'timeout' },
  memory: { kind: 'retry', reason: 'memory' },
  'worker-crashed': { kind: 'retry', reason: 'worker-crashed' },
};

const FIRST_SERVER_ERROR = 500;

/** Judges what was thrown while a document was downloaded and read. */
export function verdictOf(thrown: unknown): IngestionVerdict {
  if (thrown instanceof ExtractionError) return OF_EXTRACTION[thrown.code];
  if (!isDomainError(thrown)) return { kind: 'retry', reason: 'internal-error' };
  const { code, status } = thrown;
  return OF_CODE[code] ?? (status >= FIRST_SERVER_ERROR ? { kind: 'source', reason: code } : settled(code));
}

function settled(reason: string): IngestionVerdict {
  return { kind: 'settled', state: 'failed', reason };
}
