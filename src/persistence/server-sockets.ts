import { Socket } from 'node:net';

/**
 * The TCP connections to a PostgreSQL server. The driver ends a connection politely and waits for the other side,
 * which is for ever when the network in between has dropped it in silence.
 */
export class ServerSockets {
  readonly #open = new Set<Socket>();

  /** @param silenceMs a connection over which nothing has moved for this long is cut; longer than any statement may take */
  constructor(private readonly silenceMs: number) {}

  /** A new socket in the form that the `stream` option of `pg` expects: not connected yet. */
  create(): Socket {
    const socket = new Socket();
    socket.setTimeout(this.silenceMs, () => socket.destroy());
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  }

  /** Cuts every connection that is still open. */
  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
