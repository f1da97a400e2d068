// Runs in a worker thread: owns the WASM PostgreSQL, so that no query ever blocks the event loop of the API.
import { Buffer } from 'node:buffer';
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
}

if (!parentPort) throw new Error('embedded-postgres.worker runs as a worker thread only');
const control = parentPort;

const database = await PGlite.create((workerData as EmbeddedPostgresOptions).dataDir);

/** The last step of each connection; the engine closes when all of them are done. */
const connections = new Map<MessagePort, Promise<void>>();

function serve(port: MessagePort): void {
  let pending = Buffer.alloc(0);
  let isStarted = false;
  const enqueue = (step: () => Promise<void>): void => {
    connections.set(port, (connections.get(port) ?? Promise.resolve()).then(step));
  };
  port.on('message', (bytes: Uint8Array | null) => {
    if (bytes === null) {
      enqueue(endConnection);
      return;
    }
    pending = Buffer.concat([pending, bytes]);
    const taken = takeCompleteMessages(pending, isStarted);
    pending = taken.rest;
    if (taken.messages.length === 0) return;
    isStarted = true;
    enqueue(() => execute(taken.messages));
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

  // One backend session serves every connection: what a connection leaves open would leak into the next.
  async function endConnection(): Promise<void> {
    if (database.closed) return;
    if (database.isInTransaction()) await database.exec('ROLLBACK');
    await database.exec('DISCARD ALL');
    port.close();
    connections.delete(port);
  }
}

control.on('message', (message: OpenConnection | 'close') => {
  if (message !== 'close') {
    serve(message.port);
    return;
  }
  void Promise.all(connections.values())
    .then(() => database.close())
    .finally(() => control.close());
});
control.postMessage('ready');
