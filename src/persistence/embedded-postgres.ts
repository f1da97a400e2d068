import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { EmbeddedPostgresOptions } from './embedded-postgres.worker.ts';

const WORKER = new URL(`./embedded-postgres.worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * PostgreSQL without a server: the engine runs in a worker thread and the ordinary `pg` driver talks to it over a
 * message port that looks like a socket. Nothing listens on the network. There is one backend session, so the
 * pool must have exactly one connection.
 */
export class EmbeddedPostgres {
  private constructor(private readonly worker: Worker) {}

  /** @param options where the cluster is stored; a new cluster takes about 3 s, an existing one less than 1 s. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    // Making a cluster takes memory that the engine never gives back: an engine of its own makes it.
    if (isNew(options)) await (await EmbeddedPostgres.#open(options)).close();
    return EmbeddedPostgres.#open(options);
  }

  static async #open(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const worker = new Worker(WORKER, { workerData: options });
    await once(worker, 'message');
    worker.unref();
    return new EmbeddedPostgres(worker);
  }

  /** A new connection in the form that the `stream` option of `pg` expects. */
  openStream(): Duplex {
    const { port1, port2 } = new MessageChannel();
    this.worker.postMessage({ port: port2 }, [port2]);
    return new MessagePortSocket(port1);
  }

  /** Flushes and ends the engine. Close every connection first. */
  async close(): Promise<void> {
    this.worker.ref();
    const closed = once(this.worker, 'exit');
    this.worker.postMessage('close');
    await closed;
  }
}

function isNew({ dataDir, template }: EmbeddedPostgresOptions): boolean {
  const isInMemory = dataDir.startsWith('memory://');
  return !isInMemory && template === undefined && !existsSync(join(dataDir, 'PG_VERSION'));
}

/** The part of net.Socket that `pg` uses, over a MessagePort. */
class MessagePortSocket extends Duplex {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('message', (bytes: Uint8Array) => this.push(bytes));
    port.on('close', () => this.destroy());
  }

  connect(): this {
    setImmediate(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#port.ref();
    return this;
  }

  unref(): this {
    this.#port.unref();
    return this;
  }

  override _read(): void {
    // Bytes are pushed as they arrive; one result set is bounded by the statement that asked for it.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: () => void): void {
    this.#port.postMessage(chunk);
    callback();
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: () => void): void {
    this.#port.postMessage(Buffer.concat(chunks.map((each) => each.chunk)));
    callback();
  }

  override _final(callback: () => void): void {
    this.#port.postMessage(null);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#port.close();
    this.push(null);
    callback(error);
  }
}
