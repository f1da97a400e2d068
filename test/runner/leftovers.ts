const SETTLE_MS = 30_000;
const POLL_MS = 20;
/** The global client of Node keeps connections open for later requests. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');
/** Come and go with the event loop itself. */
const PASSING = new Set(['Immediate', 'TickObject', 'FSReqCallback', 'FSReqPromise', 'PromiseHook']);
/** Set by MikroORM when it is loaded. */
const SET_BY_LIBRARIES = new Set(['MIKRO_ORM_COLORS']);
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

// Node opens them when they are used first, which must not count against that file.
for (const name of ['stdin', 'stdout', 'stderr']) Reflect.get(process, name);

/** What keeps a process busy: how many timers, sockets, servers, child processes and threads it has. */
type Resources = ReadonlyMap<string, number>;

/**
 * How many of each kind a worker has at most between two files: what files share on purpose, such as an application,
 * has now one timer more and now one less.
 */
const most = new Map<string, number>();
const ends: (() => Promise<void>)[] = [];

/** Makes something that outlives the test file that asked for it first. */
export async function keepBeyondFile<Kept>(
  make: () => Promise<Kept>,
  end: (made: Kept) => Promise<void>,
): Promise<Kept> {
  const before = resources();
  const made = await make();
  for (const [kind, count] of resources()) {
    most.set(kind, (most.get(kind) ?? 0) + Math.max(0, count - (before.get(kind) ?? 0)));
  }
  ends.push(() => end(made));
  return made;
}

/** Ends what was made to outlive test files. */
export async function endKept(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

/** What a test file finds in its worker, to be compared with what it leaves there. */
export class Leftovers {
  readonly #environment = { ...process.env };
  readonly #listeners = listenerCounts();
  readonly #directory = process.cwd();

  constructor() {
    for (const [kind, count] of resources()) most.set(kind, Math.max(count, most.get(kind) ?? 0));
  }

  /** @returns one sentence for each thing that the file left behind; waits for what is about to end */
  async find(): Promise<string[]> {
    await closeIdleConnections();
    const deadline = performance.now() + SETTLE_MS;
    let left = this.#resourcesLeft();
    while (left.length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      left = this.#resourcesLeft();
    }
    const which = left.length > 0 ? openEndpoints() : [];
    return [...left, ...which, ...this.#environmentLeft(), ...this.#listenersLeft()];
  }

  #resourcesLeft(): string[] {
    return [...resources()].flatMap(([kind, count]) => {
      const more = count - (most.get(kind) ?? 0);
      return more > 0 ? [`${more} x ${kind}`] : [];
    });
  }

  #environmentLeft(): string[] {
    const names = new Set([...Object.keys(process.env), ...Object.keys(this.#environment)]);
    const changed = [...names].filter(
      (name) => process.env[name] !== this.#environment[name] && !SET_BY_LIBRARIES.has(name),
    );
    const directory = process.cwd() === this.#directory ? [] : ['another working directory'];
    return [...changed.map((name) => `a change of the variable ${name}`), ...directory];
  }

  #listenersLeft(): string[] {
    return listenerCounts().flatMap((count, index) => {
      const more = count - (this.#listeners[index] ?? 0);
      return more > 0 ? [`${more} x listener of the process for ${String(SIGNALS[index])}`] : [];
    });
  }
}

function resources(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!PASSING.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

interface UvHandle {
  readonly type: string;
  readonly is_active: boolean;
  readonly localEndpoint?: { readonly port: number } | null;
  readonly remoteEndpoint?: { readonly port: number } | null;
}

/** Every open connection and server of this worker, so that the one too many can be told from the others. */
function openEndpoints(): string[] {
  const { libuv } = process.report.getReport() as { libuv: UvHandle[] };
  return libuv
    .filter(({ type }) => type === 'tcp')
    .map(({ localEndpoint: local, remoteEndpoint: remote, is_active }) => {
      const where = `port ${String(local?.port)}`;
      return `(open: ${where}${remote ? ` to port ${String(remote.port)}` : ''}${is_active ? '' : ', idle'})`;
    });
}

function listenerCounts(): number[] {
  return SIGNALS.map((name) => process.listenerCount(name));
}

interface Dispatcher {
  readonly constructor: new () => Dispatcher;
  destroy(): Promise<void>;
}

async function closeIdleConnections(): Promise<void> {
  const dispatcher = Reflect.get(globalThis, GLOBAL_DISPATCHER) as Dispatcher | undefined;
  if (dispatcher === undefined) return;
  Reflect.set(globalThis, GLOBAL_DISPATCHER, new dispatcher.constructor());
  await dispatcher.destroy();
}
