import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** One request as it came in: the header text and the number of requests before it. */
export interface ScriptedRequest {
  readonly text: string;
  readonly index: number;
  readonly socket: Socket;
}

/** A server that answers with exactly the bytes a test wants, or does worse. */
export class ScriptedServer {
  /** Header text of every request, in order. */
  readonly requests: string[] = [];
  connections = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly scheme: string;

  private constructor(answer: (request: ScriptedRequest) => void, tls?: TlsOptions) {
    const onSocket = (socket: Socket): void => this.serve(socket, answer);
    this.scheme = tls ? 'https' : 'http';
    this.server = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
    this.server.on('connection', () => (this.connections += 1));
  }

  static async start(answer: (request: ScriptedRequest) => void, tls?: TlsOptions): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(answer, tls);
    scripted.server.listen(0, '127.0.0.1');
    await once(scripted.server, 'listening');
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket, answer: (request: ScriptedRequest) => void): void {
    this.sockets.add(socket);
    let pending = '';
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const text = pending.slice(0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        pending = pending.slice(end + 4 + length);
        const index = this.requests.push(text) - 1;
        answer({ text, index, socket });
      }
    });
  }
}

/** The bytes of a complete HTTP/1.1 answer. */
export function answerText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const fields = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  return `HTTP/1.1 ${String(status)} X\r\n${fields.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n${body}`;
}
