/** What a probe found; `not_configured` when the operator has not named such a server. */
export type ProbeOutcome = 'up' | 'not_configured';

/** A server that this one depends on, and how to see whether it answers. */
export abstract class DependencyProbe {
  /** Name in the JSON of /ready. */
  abstract readonly key: string;

  /** True when nothing can be served without it; /ready is 503 while it is down. */
  abstract readonly isRequired: boolean;

  /**
   * Asks once. Must not retry and must stop when `signal` aborts.
   *
   * @throws any error when the server does not answer as it should
   */
  abstract probe(signal: AbortSignal): Promise<ProbeOutcome>;
}
