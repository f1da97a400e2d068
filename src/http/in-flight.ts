import type { FastifyInstance } from 'fastify';

const PROBES = new Set(['/health', '/ready']);
const CHECK_INTERVAL_MS = 20;

/** Counts the requests being answered, so that a stopping server can let them finish. */
export class InFlight {
  #count = 0;
  #isStopping = false;

  /** True from the moment the server was told to stop. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, reply, done) => {
      if (!PROBES.has(request.routeOptions.url ?? '')) this.#follow(reply.raw);
      if (this.#isStopping) void reply.header('connection', 'close');
      done();
    });
  }

  /** Resolves when nothing is in flight any more, or after `graceMs`. New requests are still answered meanwhile. */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const deadline = Date.now() + graceMs;
    while (this.#count > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL_MS));
    }
  }

  #follow(response: NodeJS.EventEmitter): void {
    this.#count += 1;
    // `close` comes after `finish` as well as after an abort, and exactly once.
    response.once('close', () => (this.#count -= 1));
  }
}
