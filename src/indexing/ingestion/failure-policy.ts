import { isDomainError } from '../../problem/domain-error.ts';
import type { ProblemCode } from '../../problem/problem-codes.ts';
import { ExtractionError } from '../extraction/extraction.errors.ts';
import type { ExtractionFailureCode } from '../extraction/extraction.types.ts';

/** What follows from a failure while a document is read. */
export type FailureAction =
  /** Another try at this version cannot help. */
  | { readonly kind: 'fail'; readonly state: 'failed' | 'too_large'; readonly reason: string }
  /** May go better next time; counts as a try. */
  | { readonly kind: 'retry'; readonly reason: string }
  /** Says nothing about the file: it is tried later, and this try does not count. */
  | { readonly kind: 'defer'; readonly reason: string }
  /** The file is not there any more. */
  | { readonly kind: 'remove' }
  /** The source failed: it is either down or cannot give this one file. */
  | { readonly kind: 'source'; readonly reason: string }
  /** Nothing more can be read now. */
  | { readonly kind: 'abort' };

const OF_CODE: Partial<Record<ProblemCode, FailureAction>> = {
  'account-link-invalid': { kind: 'abort' },
  'account-suspended': { kind: 'abort' },
  'account-not-linked': { kind: 'abort' },
  'nextcloud-not-configured': { kind: 'abort' },
  'service-unavailable': { kind: 'abort' },
  'upstream-throttled': { kind: 'abort' },
  'upstream-busy': { kind: 'abort' },
  'upstream-maintenance': { kind: 'abort' },
  'file-not-found': { kind: 'remove' },
  'file-too-large': { kind: 'fail', state: 'too_large', reason: 'too-large' },
  'resource-locked': { kind: 'defer', reason: 'resource-locked' },
  'etag-mismatch': { kind: 'retry', reason: 'etag-mismatch' },
  'internal-error': { kind: 'retry', reason: 'internal-error' },
};

const OF_EXTRACTION: Readonly<Record<ExtractionFailureCode, FailureAction>> = {
  encrypted: failed('encrypted'),
  unreadable: failed('unreadable'),
  empty: failed('empty'),
  'unsupported-type': failed('unsupported-type'),
  'too-large': { kind: 'fail', state: 'too_large', reason: 'too-large' },
  timeout: { kind: 'retry', reason: 'timeout' },
  memory: { kind: 'retry', reason: 'memory' },
  'worker-crashed': { kind: 'retry', reason: 'worker-crashed' },
};

const FIRST_SERVER_ERROR = 500;

/** Decides what follows from what was thrown while a document was downloaded and read. */
export function failureActionOf(thrown: unknown): FailureAction {
  if (thrown instanceof ExtractionError) return OF_EXTRACTION[thrown.code];
  if (!isDomainError(thrown)) return { kind: 'retry', reason: 'internal-error' };
  const { code, status } = thrown;
  return OF_CODE[code] ?? (status >= FIRST_SERVER_ERROR ? { kind: 'source', reason: code } : failed(code));
}

function failed(reason: string): FailureAction {
  return { kind: 'fail', state: 'failed', reason };
}
