import type { PassageChange, PassageChangeBase, PassageHit, PassageSearchOptions } from '../passage-index.types.ts';

/** What the index thread is started with. */
export interface PassageIndexWorkerOptions {
  /** Memory all owners together may hold, in bytes; the least recently used ones are evicted above it. */
  readonly maxBytes: number;
}

/** A call to the index thread. */
export type PassageIndexCall =
  | {
      readonly method: 'apply';
      readonly ownerId: string;
      readonly changes: readonly PassageChange[];
      readonly base: PassageChangeBase;
    }
  | {
      readonly method: 'search';
      readonly ownerId: string;
      readonly query: string;
      readonly options: PassageSearchOptions;
    }
  | { readonly method: 'appliedSequence'; readonly ownerId: string }
  | { readonly method: 'forget'; readonly ownerId: string };

export interface PassageIndexRequest {
  readonly id: number;
  readonly call: PassageIndexCall;
}

/** What a call may answer; the caller knows which by its method. */
export type PassageIndexValue = readonly PassageHit[] | number | null;

export type PassageIndexResponse =
  | { readonly id: number; readonly outcome: 'done'; readonly value: PassageIndexValue }
  | { readonly id: number; readonly outcome: 'behind'; readonly appliedSequence: number }
  | { readonly id: number; readonly outcome: 'full' };
