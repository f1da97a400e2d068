// Runs in a worker thread: owns the WASM PostgreSQL, so that no query ever blocks the event loop of the API.
import { Buffer } from 'node:buffer';
import { openAsBlob } from 'node:fs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { takeCompleteMessages } from './frontend-messages.ts';

/** Sent once by the main thread per connection; the port carries raw wire protocol bytes both ways. */
export interface OpenConnection {
  readonly port: MessagePort;
}

/** Options handed over as workerData. */
export interface EmbeddedPostgresOptions {
  /** Folder of the cluster, or `memory://` for one that is gone at exit. */
  readonly dataDir: string;
  /** Tar file of a new cluster, as the engine dumps it: loading one is faster than creating one. */
  readonly template?: string;
}

/** The page cache of PostgreSQL; its own default of 128 MB would stay in memory as soon as it was touched. */
const SHARED_BUFFERS = '32MB';

if (!parentPort) throw new Error('embedded-postgres.worker runs as a worker thread only');
const control = parentPort;

const { dataDir, template } = workerData as EmbeddedPostgresOptions;
const database = await PGlite.create({
  dataDir,
  // A segment of the write-ahead log that is used again would keep what was deleted (`Database.reclaim`).
  startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`, '-c', 'wal_recycle=off'],
  ...(template !== undefined && { loadDataDir: await openAsBlob(template) }),
});

const ports = new Set<MessagePort>();

/** One backend session serves every connection, so all their work stands in one queue. */
let queue = Promise.resolve();

function serve(port: MessagePort): void {
  let pending = Buffer.alloc(0);
  let isStarted = false;
  ports.add(port);
  port.on('message', (bytes: Uint8Array | null) => {
    if (bytes === null) {
      queue = queue.then(endConnection);
      return;
    }
    pending = Buffer.concat([pending, bytes]);
    const taken = takeCompleteMessages(pending, isStarted);
    pending = taken.rest;
    if (taken.messages.length === 0) return;
    isStarted = true;
    queue = queue.then(() => execute(taken.messages));
  });

  async function execute(messages: Buffer): Promise<void> {
    try {
      await database.runExclusive(() =>
        database.execProtocolRawStream(messages, { onRawData: (data) => port.postMessage(data.slice()) }),
      );
    } catch {
      // The engine itself failed (not a statement: those are answered in the protocol). Closing the
      // connection tells the driver, which reports it to the query that waits.
      port.close();
    }
  }

  // What a connection leaves open would leak into the next.
  async function endConnection(): Promise<void> {
    ports.delete(port);
    port.close();
    if (database.closed) return;
    if (database.isInTransaction()) await database.exec('ROLLBACK');
    await database.exec('DISCARD ALL');
  }
}

control.on('message', (message: OpenConnection | 'close') => {
  if (message !== 'close') {
    serve(message.port);
    return;
  }
  void queue
    .then(() => database.close())
    .finally(() => {
      // A port left open would keep this thread alive.
      for (const port of ports) port.close();
      control.close();
    });
});
control.postMessage('ready');
