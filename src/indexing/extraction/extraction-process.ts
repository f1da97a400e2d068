import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ExtractionError } from './extraction.errors.ts';
import { RSS_LIMIT_MARK } from './extraction-watchdog.types.ts';
import { ReplyCollector } from './reply-collector.ts';
import type { ExtractedDocument, ExtractionReply, ExtractionRequest } from './extraction.types.ts';

/** Memory bounds of one child process. */
export interface ExtractionProcessOptions {
  /** Resident set size, in MiB, at which the child kills itself; sampled, so growth during one sample is on top. */
  readonly maxRssMb: number;
  /** JavaScript heap of the child, in MiB. */
  readonly maxHeapMb: number;
}

/** What ends one extraction early. */
export interface ExtractionRun {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Pending {
  readonly collector: ReplyCollector;
  readonly resolve: (document: ExtractedDocument) => void;
  readonly reject: (reason: unknown) => void;
}

const MAX_STANDARD_ERROR_CHARACTERS = 4096;
const HEAP_EXHAUSTED = /heap out of memory|Allocation failed|ERR_WORKER_OUT_OF_MEMORY/;
const MIB = 1024 * 1024;

/** One child process that extracts one file at a time and may be used for several. */
export class ExtractionProcess {
  readonly #child: ChildProcess;
  #pending: Pending | undefined;
  #killReason: unknown;
  #standardError = '';
  #isEnded = false;
  #documentCount = 0;
  #rssMb = 0;

  constructor(options: ExtractionProcessOptions) {
    this.#child = forkChild(options);
    this.#child.on('message', (reply) => this.#receive(reply as ExtractionReply));
    this.#child.on('error', () => this.#end(new ExtractionError('worker-crashed', 'The extraction process failed.')));
    this.#child.on('close', (code, signal) => this.#end(this.#killReason ?? this.#explainEnd(code, signal)));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#standardError = (this.#standardError + text).slice(-MAX_STANDARD_ERROR_CHARACTERS);
    });
    this.#setReferenced(false);
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return !this.#isEnded && this.#killReason === undefined && this.#child.connected;
  }

  /** How many files this process was given. */
  get documentCount(): number {
    return this.#documentCount;
  }

  /** Resident set size the child reported after its last file, in MiB. */
  get rssMb(): number {
    return this.#rssMb;
  }

  /**
   * @throws {ExtractionError} any of its codes; the reason of `run.signal` when that aborts. After `timeout`, `memory`,
   * `worker-crashed` and an abort the process is gone.
   */
  async run(request: ExtractionRequest, run: ExtractionRun): Promise<ExtractedDocument> {
    run.signal?.throwIfAborted();
    const timeoutSeconds = Math.round(run.timeoutMs / 1000);
    const timeout = new ExtractionError('timeout', `The file was not read within ${timeoutSeconds} s.`);
    const timer = setTimeout(() => this.#kill(timeout), run.timeoutMs);
    const abort = (): void => this.#kill(run.signal?.reason);
    run.signal?.addEventListener('abort', abort, { once: true });
    this.#setReferenced(true);
    this.#documentCount += 1;
    try {
      return await new Promise<ExtractedDocument>((resolve, reject) => {
        this.#pending = { collector: new ReplyCollector(request), resolve, reject };
        // A failed send means the child is gone or going; its `close` event says why.
        this.#child.send(request, () => undefined);
      });
    } finally {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', abort);
      this.#setReferenced(false);
    }
  }

  /** Ends the process at once; a running extraction is rejected with `reason`. */
  stop(reason?: unknown): void {
    this.#kill(reason ?? new ExtractionError('worker-crashed', 'The extraction process was stopped.'));
  }

  #receive(reply: ExtractionReply): void {
    const pending = this.#pending;
    if (pending === undefined || this.#killReason !== undefined) return;
    try {
      if (reply.type === 'text') {
        pending.collector.addText(reply);
        return;
      }
      this.#rssMb = reply.rssBytes / MIB;
      const document = pending.collector.finish(reply);
      this.#pending = undefined;
      pending.resolve(document);
    } catch (error) {
      if (reply.type === 'text') {
        this.#kill(error);
        return;
      }
      this.#pending = undefined;
      pending.reject(error);
    }
  }

  #kill(reason: unknown): void {
    if (this.#isEnded || this.#killReason !== undefined) return;
    this.#killReason = reason;
    this.#child.kill('SIGKILL');
  }

  #end(reason: unknown): void {
    this.#isEnded = true;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(reason);
  }

  #explainEnd(code: number | null, signal: NodeJS.Signals | null): ExtractionError {
    if (this.#standardError.includes(RSS_LIMIT_MARK) || HEAP_EXHAUSTED.test(this.#standardError)) {
      return new ExtractionError('memory', 'The file needs more memory than allowed.');
    }
    return new ExtractionError('worker-crashed', `The extraction process ended early (${signal ?? String(code)}).`);
  }

  /** Only a running extraction keeps this process from ending. */
  #setReferenced(isReferenced: boolean): void {
    const handles = [this.#child, this.#child.channel, this.#child.stderr as unknown as { ref(): void; unref(): void }];
    for (const handle of handles) {
      if (isReferenced) handle?.ref();
      else handle?.unref();
    }
  }
}

/**
 * The child starts with an empty environment, may read files but not write, and may not start processes. It needs the
 * right to start threads for its watchdog.
 */
function forkChild({ maxRssMb, maxHeapMb }: ExtractionProcessOptions): ChildProcess {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const entry = fileURLToPath(new URL(`./extraction-child${suffix}`, import.meta.url));
  return fork(entry, [String(maxRssMb)], {
    env: {},
    execArgv: [
      `--max-old-space-size=${maxHeapMb}`,
      '--permission',
      '--allow-fs-read=*',
      '--allow-worker',
      '--disable-warning=PERM0006',
      '--disable-warning=SecurityWarning',
    ],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}
