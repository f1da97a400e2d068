/** The server's clock. Tests freeze it to put two writes into one second, or advance it to let tokens expire. */
export class ServerClock {
  #frozenAtMs: number | null = null;
  #offsetMs = 0;
  /** How far the server's clock is off the machine's. */
  skewSeconds = 0;

  /** @returns milliseconds since the epoch, as the server sees them. */
  nowMs(): number {
    return (this.#frozenAtMs ?? Date.now()) + this.#offsetMs + this.skewSeconds * 1000;
  }

  /** @returns whole seconds since the epoch: the resolution in which a Nextcloud stores modification times. */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  /** Stops the clock until {@link release}. @param atMs milliseconds since the epoch, default the present moment */
  freeze(atMs: number = Date.now() + this.#offsetMs): void {
    this.#frozenAtMs = atMs;
    this.#offsetMs = 0;
  }

  /** Moves the clock forward; works frozen and running. */
  advance(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Lets the clock follow the machine's again. */
  release(): void {
    this.#frozenAtMs = null;
    this.#offsetMs = 0;
  }
}
