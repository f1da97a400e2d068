import { Injectable, type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { StandingCredential } from '../access/declarations.ts';
import { DomainError } from '../problem/domain-error.ts';
import { InFlight } from './in-flight.ts';

const MAX_OF_USER = 10;
const MAX_OF_PROCESS = 500;
const RETRY_AFTER_SECONDS = 10;
const CHECK_INTERVAL_MS = 700;
const MAX_AGE_MS = 3_600_000;
/** What a client has not taken of a stream by then is not waited for. */
const MAX_STALLED_MS = 30_000;

/** Where the bytes of a stream go. */
interface Sink {
  readonly writableLength: number;
  destroy(): void;
}

interface OpenStream {
  readonly credential: StandingCredential;
  readonly sink: Sink;
  readonly end: AbortController;
  readonly openedMs: number;
  stalledSinceMs: number | undefined;
}

/** What a client wants to be told of. */
export interface EventSource {
  readonly credential: StandingCredential;
  /** The connection. */
  readonly sink: Sink;
  /** The events, until `signal` aborts. */
  readonly events: (signal: AbortSignal) => AsyncIterable<MessageEvent>;
}

/**
 * The streams of server-sent events that are open in this process. Each ends within a second of its session, its token or
 * its right, when the server stops, after an hour, and when its client does not read for half a minute.
 */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  readonly #open = new Set<OpenStream>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  constructor(private readonly inFlight: InFlight) {}

  /**
   * Opens a stream.
   *
   * @throws DomainError `too-many-streams` beyond 10 of a user, or 500 of this process
   */
  open({ credential, sink, events }: EventSource): Observable<MessageEvent> {
    const { userId } = credential.principal;
    const own = [...this.#open].filter((each) => each.credential.principal.userId === userId);
    if (own.length >= MAX_OF_USER || this.#open.size >= MAX_OF_PROCESS) {
      throw new DomainError('too-many-streams', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    const end = new AbortController();
    const stream: OpenStream = { credential, sink, end, openedMs: performance.now(), stalledSinceMs: undefined };
    // Counted before the framework subscribes: what is asked for at once must not slip through.
    this.#open.add(stream);
    this.#schedule();
    return new Observable((subscriber) => {
      const forward = async (): Promise<void> => {
        for await (const event of events(end.signal)) subscriber.next(event);
      };
      forward().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
      return () => this.#forget(stream);
    });
  }

  onModuleDestroy(): void {
    for (const stream of this.#open) this.#forget(stream);
  }

  #forget(stream: OpenStream): void {
    stream.end.abort();
    this.#open.delete(stream);
    if (this.#open.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  /** One round at a time; a round that is under way schedules the next one itself. */
  #schedule(): void {
    if (this.#isChecking) return;
    this.#timer ??= setTimeout(() => void this.#check(), CHECK_INTERVAL_MS);
  }

  async #check(): Promise<void> {
    this.#timer = undefined;
    this.#isChecking = true;
    await Promise.all([...this.#open].map((stream) => this.#checkOne(stream)));
    this.#isChecking = false;
    if (this.#open.size > 0) this.#schedule();
  }

  async #checkOne(stream: OpenStream): Promise<void> {
    const now = performance.now();
    stream.stalledSinceMs = stream.sink.writableLength > 0 ? (stream.stalledSinceMs ?? now) : undefined;
    if (stream.stalledSinceMs !== undefined && now - stream.stalledSinceMs > MAX_STALLED_MS) stream.sink.destroy();
    const isOver = this.inFlight.isStopping || now - stream.openedMs > MAX_AGE_MS;
    if (isOver || !(await stillHolds(stream.credential))) stream.end.abort();
  }
}

/** Whether the credential of a stream would open it again; while the database cannot tell, nothing is sent either. */
async function stillHolds(credential: StandingCredential): Promise<boolean> {
  try {
    return (await credential.authenticateAgain())?.role === credential.principal.role;
  } catch {
    return true;
  }
}
