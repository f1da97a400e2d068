import { ExtractionError } from './extraction.errors.ts';
import { ExtractionProcess } from './extraction-process.ts';
import type { ExtractableMediaType, ExtractedDocument, ExtractionLimits } from './extraction.types.ts';

/** Bounds and pool size of a DocumentExtractor. */
export interface DocumentExtractorOptions extends ExtractionLimits {
  /** Child processes at work at the same time. Default 1. */
  readonly processCount: number;
  /** Time for one file, from the moment a process takes it. Default 60,000. */
  readonly timeoutMs: number;
  /**
   * Resident set size, in MiB, at which a child is killed. Default 400: sampled every 25 ms, so a file that grows as
   * fast as it can still ends below 512.
   */
  readonly maxRssMb: number;
  /** JavaScript heap of a child, in MiB. Default 256. */
  readonly maxHeapMb: number;
  /** Files after which a child is replaced. Default 50. */
  readonly maxDocumentsPerProcess: number;
  /** Resident set size, in MiB, above which a child is replaced after its file. Default 300. */
  readonly recycleRssMb: number;
  /** Time after which an unused child is ended. Default 30,000. */
  readonly idleTimeoutMs: number;
}

const DEFAULTS: DocumentExtractorOptions = {
  processCount: 1,
  timeoutMs: 60_000,
  maxRssMb: 400,
  maxHeapMb: 256,
  maxDocumentsPerProcess: 50,
  recycleRssMb: 300,
  idleTimeoutMs: 30_000,
  maxInputBytes: 100 * 1024 * 1024,
  maxCharacters: 20_000_000,
  maxPages: 5_000,
};

const MEDIA_TYPES: ReadonlyMap<string, ExtractableMediaType> = new Map([
  ['application/pdf', 'application/pdf'],
  ['application/x-pdf', 'application/pdf'],
  ['text/plain', 'text/plain'],
  ['text/markdown', 'text/markdown'],
  ['text/x-markdown', 'text/markdown'],
]);

interface IdleProcess {
  readonly process: ExtractionProcess;
  readonly timer: NodeJS.Timeout;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Text with page numbers out of PDF, TXT and Markdown files, each read in an isolated child process. */
export class DocumentExtractor {
  readonly #options: DocumentExtractorOptions;
  readonly #busy = new Set<ExtractionProcess>();
  readonly #waiters = new Set<Waiter>();
  #idle: IdleProcess[] = [];
  #takenSlotCount = 0;
  #isClosed = false;

  constructor(options: Partial<DocumentExtractorOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /**
   * Reads the local file `path` as `mediaType` (parameters such as charset are ignored). Waits while all processes are
   * busy. An abort rejects with the signal's reason and touches no other file.
   *
   * @throws {ExtractionError} with one of the ExtractionFailureCode values; `worker-crashed` is the only one that says
   * nothing about the file.
   */
  async extract(
    path: string,
    mediaType: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<ExtractedDocument> {
    const knownType = findExtractableMediaType(mediaType);
    if (knownType === undefined) {
      throw new ExtractionError('unsupported-type', 'Only PDF, plain text and Markdown files can be read.');
    }
    await this.#takeSlot(signal);
    try {
      const process = this.#takeProcess();
      this.#busy.add(process);
      try {
        const { maxInputBytes, maxCharacters, maxPages, timeoutMs } = this.#options;
        const limits = { maxInputBytes, maxCharacters, maxPages };
        return await process.run({ path, mediaType: knownType, limits }, { timeoutMs, signal });
      } finally {
        this.#busy.delete(process);
        this.#giveBack(process);
      }
    } finally {
      this.#releaseSlot();
    }
  }

  /** Ends every child at once; running and waiting extractions are rejected with `worker-crashed`. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.reject(closedError());
    for (const process of this.#busy) process.stop(closedError());
    for (const { process, timer } of this.#idle) {
      clearTimeout(timer);
      process.stop();
    }
    this.#idle = [];
  }

  async #takeSlot(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closedError();
    if (this.#takenSlotCount < this.#options.processCount) {
      this.#takenSlotCount += 1;
      return;
    }
    await this.#waitForSlot(signal);
  }

  async #waitForSlot(signal: AbortSignal | undefined): Promise<void> {
    let waiter: Waiter | undefined;
    const abort = (): void => waiter?.reject(signal?.reason);
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { resolve, reject };
        this.#waiters.add(waiter);
        signal?.addEventListener('abort', abort, { once: true });
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  /** Hands the slot to the longest waiting extraction without freeing it in between. */
  #releaseSlot(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#takenSlotCount -= 1;
      return;
    }
    this.#waiters.delete(next);
    next.resolve();
  }

  #takeProcess(): ExtractionProcess {
    if (this.#isClosed) throw closedError();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      if (idle.process.isAlive) return idle.process;
    }
    const { maxRssMb, maxHeapMb } = this.#options;
    return new ExtractionProcess({ maxRssMb, maxHeapMb });
  }

  #giveBack(process: ExtractionProcess): void {
    const { maxDocumentsPerProcess, recycleRssMb, idleTimeoutMs } = this.#options;
    const isWornOut = process.documentCount >= maxDocumentsPerProcess || process.rssMb > recycleRssMb;
    if (this.#isClosed || isWornOut || !process.isAlive) {
      process.stop();
      return;
    }
    const timer = setTimeout(() => {
      this.#idle = this.#idle.filter((idle) => idle.process !== process);
      process.stop();
    }, idleTimeoutMs).unref();
    this.#idle.push({ process, timer });
  }
}

/** The extractable type a media type names, parameters and case ignored; undefined for every other. */
export function findExtractableMediaType(mediaType: string): ExtractableMediaType | undefined {
  return MEDIA_TYPES.get((mediaType.split(';', 1)[0] ?? '').trim().toLowerCase());
}

function closedError(): ExtractionError {
  return new ExtractionError('worker-crashed', 'Extraction is shutting down.');
}
