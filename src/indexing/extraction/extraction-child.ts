/**
 * Entry point of the extraction child process. A process and not a thread: inflating a hostile stream grows memory
 * outside the JavaScript heap, which a worker thread's resource limits do not bound.
 */
import { open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { ExtractionError } from './extraction.errors.ts';
import { readPdfPages } from './pdf-text.ts';
import { readPlainText } from './plain-text.ts';
import type { WatchdogOptions } from './extraction-watchdog.types.ts';
import type { ExtractionLimits, ExtractionReply, ExtractionRequest } from './extraction.types.ts';

const FRAGMENT_CHARACTERS = 64 * 1024;
const WATCHDOG_PERIOD_MS = 25;
const MIB = 1024 * 1024;

startWatchdog(Number(process.argv[2]));
process.on('message', (request) => void handle(request as ExtractionRequest));
process.on('disconnect', () => process.exit(0));

function startWatchdog(maxRssMb: number): void {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const workerData: WatchdogOptions = { maxRssBytes: maxRssMb * MIB, samplePeriodMs: WATCHDOG_PERIOD_MS };
  const watchdog = new Worker(new URL(`./extraction-watchdog${suffix}`, import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  // Without its watchdog the process is unbounded: end it, the parent reports a crash.
  watchdog.on('error', (error) => {
    throw error;
  });
}

async function handle(request: ExtractionRequest): Promise<void> {
  try {
    await send(await extract(request));
  } catch (error) {
    await send(toFailure(error));
  }
}

async function extract({ path, mediaType, limits }: ExtractionRequest): Promise<ExtractionReply> {
  const bytes = await readInput(path, limits);
  if (mediaType !== 'application/pdf') {
    await sendPage(null, readPlainText(bytes, limits));
    return { type: 'done', hasText: true, unreadablePages: [], rssBytes: process.memoryUsage.rss() };
  }
  const unreadablePages: number[] = [];
  let pageCount = 0;
  let hasText = false;
  for await (const page of readPdfPages(bytes, limits)) {
    pageCount += 1;
    if (page.isUnreadable && page.number !== null) unreadablePages.push(page.number);
    hasText ||= page.text.trim() !== '';
    await sendPage(page.number, page.text);
  }
  if (unreadablePages.length === pageCount) {
    throw new ExtractionError('unreadable', 'No page of the PDF could be read.');
  }
  return { type: 'done', hasText, unreadablePages, rssBytes: process.memoryUsage.rss() };
}

async function readInput(path: string, limits: ExtractionLimits): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new ExtractionError('unreadable', 'This is not a regular file.');
    if (status.size === 0) throw new ExtractionError('empty', 'The file is empty.');
    if (status.size > limits.maxInputBytes) {
      throw new ExtractionError('too-large', `The file is larger than ${limits.maxInputBytes} bytes.`);
    }
    // pdf.js refuses a Node Buffer and detaches what it gets: hand over a plain array of its own.
    const bytes = new Uint8Array(status.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled === bytes.length ? bytes : bytes.slice(0, filled);
  } finally {
    await file.close();
  }
}

async function sendPage(number: number | null, text: string): Promise<void> {
  for (let start = 0; ; start += FRAGMENT_CHARACTERS) {
    const isPageEnd = start + FRAGMENT_CHARACTERS >= text.length;
    await send({ type: 'text', number, text: text.slice(start, start + FRAGMENT_CHARACTERS), isPageEnd });
    if (isPageEnd) return;
  }
}

async function send(reply: ExtractionReply): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.send?.(reply, undefined, {}, (error) => (error ? reject(error) : resolve()));
  });
}

function toFailure(error: unknown): ExtractionReply {
  const rssBytes = process.memoryUsage.rss();
  if (error instanceof ExtractionError) return { type: 'failed', code: error.code, detail: error.message, rssBytes };
  if (error instanceof RangeError && /allocation failed|array length|string length/i.test(error.message)) {
    return { type: 'failed', code: 'memory', detail: 'The file needs more memory than allowed.', rssBytes };
  }
  if (error instanceof Error && 'syscall' in error) {
    // The copy on our own disk is missing or locked: no verdict about the document.
    return { type: 'failed', code: 'worker-crashed', detail: 'The copy of the file could not be opened.', rssBytes };
  }
  return { type: 'failed', code: 'unreadable', detail: 'The file could not be read.', rssBytes };
}
