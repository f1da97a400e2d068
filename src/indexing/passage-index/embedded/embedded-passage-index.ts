import { Worker } from 'node:worker_threads';
import {
  PassageIndexBehindError,
  PassageIndexFullError,
  PassageIndexUnavailableError,
} from '../passage-index.errors.ts';
import { PassageIndex } from '../passage-index.port.ts';
import { MAX_QUERY_CHARACTERS } from '../tokenizer.ts';
import type {
  PassageIndexCall,
  PassageIndexRequest,
  PassageIndexResponse,
  PassageIndexValue,
  PassageIndexWorkerOptions,
} from './passage-index.messages.ts';
import type { PassageChange, PassageChangeBase, PassageHit, PassageSearchOptions } from '../passage-index.types.ts';

/** Bounds of the embedded index. */
export interface EmbeddedPassageIndexOptions {
  /** Memory of all owners together, in MiB; above it the least recently used owners are evicted. Default 512. */
  readonly maxMemoryMb?: number;
}

interface PendingCall {
  readonly resolve: (value: PassageIndexValue) => void;
  readonly reject: (reason: unknown) => void;
}

const DEFAULT_MAX_MEMORY_MB = 512;
const MAX_LIMIT = 1_000;
const MIB = 1024 * 1024;

/** BM25 over the passages of each owner, held in the memory of one worker thread. */
export class EmbeddedPassageIndex extends PassageIndex {
  readonly #maxMemoryMb: number;
  readonly #pending = new Map<number, PendingCall>();
  #worker: Worker | undefined;
  #lastCallId = 0;
  #isClosed = false;

  constructor(options: EmbeddedPassageIndexOptions = {}) {
    super();
    this.#maxMemoryMb = options.maxMemoryMb ?? DEFAULT_MAX_MEMORY_MB;
  }

  override async apply(ownerId: string, changes: readonly PassageChange[], base: PassageChangeBase): Promise<void> {
    await this.#call({ method: 'apply', ownerId, changes, base });
  }

  override async search(ownerId: string, query: string, options: PassageSearchOptions): Promise<PassageHit[]> {
    if (!Number.isInteger(options.limit) || options.limit < 1 || options.limit > MAX_LIMIT) {
      throw new RangeError(`limit must be an integer from 1 to ${MAX_LIMIT}`);
    }
    const shortQuery = query.slice(0, MAX_QUERY_CHARACTERS);
    return (await this.#call({ method: 'search', ownerId, query: shortQuery, options })) as PassageHit[];
  }

  override async appliedSequence(ownerId: string): Promise<number> {
    return (await this.#call({ method: 'appliedSequence', ownerId })) as number;
  }

  override async forget(ownerId: string): Promise<void> {
    await this.#call({ method: 'forget', ownerId });
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  async #call(call: PassageIndexCall): Promise<PassageIndexValue> {
    if (this.#isClosed) throw new PassageIndexUnavailableError();
    const worker = (this.#worker ??= this.#start());
    this.#lastCallId += 1;
    const request: PassageIndexRequest = { id: this.#lastCallId, call };
    return new Promise<PassageIndexValue>((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      // The thread keeps the process alive only while somebody waits for it.
      worker.ref();
      worker.postMessage(request);
    });
  }

  #start(): Worker {
    const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const workerData: PassageIndexWorkerOptions = { maxBytes: this.#maxMemoryMb * MIB };
    const worker = new Worker(new URL(`./embedded-passage-index.worker${suffix}`, import.meta.url), {
      workerData,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#maxMemoryMb + 256 },
    });
    worker.unref();
    worker.on('message', (response) => this.#receive(response as PassageIndexResponse));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker));
    return worker;
  }

  #receive(response: PassageIndexResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (response.outcome === 'done') pending?.resolve(response.value);
    else if (response.outcome === 'full') pending?.reject(new PassageIndexFullError());
    else pending?.reject(new PassageIndexBehindError(response.appliedSequence));
  }

  /** Every owner is gone with the thread: sequences start at 0 again, and callers feed what they need. */
  #lose(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of waiting) reject(new PassageIndexUnavailableError({ cause }));
  }
}
