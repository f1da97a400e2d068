import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the proxy does with a connection: pass bytes on, say nothing for ever, or refuse it. */
export type ProxyMode = 'pass' | 'freeze' | 'refuse';

/** A TCP server between a client and a real server, to take the real one away without touching it. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #mode: ProxyMode = 'pass';

  private constructor(target: { host: string; port: number }) {
    this.#server = createServer((client) => {
      if (this.#mode === 'refuse') {
        client.destroy();
        return;
      }
      const upstream = connect(target);
      this.#join(client, upstream);
      this.#join(upstream, client);
    });
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `freeze` keeps connections open and holds every byte back until it passes again; `refuse` cuts them. */
  become(mode: ProxyMode): void {
    this.#mode = mode;
    for (const socket of this.#sockets) {
      if (mode === 'refuse') socket.destroy();
      else if (mode === 'freeze') socket.pause();
      else socket.resume();
    }
  }

  async stop(): Promise<void> {
    this.become('refuse');
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => to.write(bytes));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#mode === 'freeze') from.pause();
  }
}
