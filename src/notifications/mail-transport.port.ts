/** One message to one person, complete. */
export interface OutgoingMessage {
  /** Identifies the message; a repeated delivery carries the same, so that its receiver can tell. */
  readonly id: string;
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** How a delivery ended. */
export type Delivery = 'accepted' | 'refused';

/** The way by which messages leave this server. */
export abstract class MailTransport {
  /**
   * Hands one message over.
   *
   * @returns `accepted` when the other side answers for it from now on; `refused` when it will never take this message
   * @throws Error when it may work later: the server is away, busy, does not know us or cannot be trusted
   */
  abstract deliver(message: OutgoingMessage): Promise<Delivery>;

  /** Removes the copies of messages that this way keeps itself. Default: it keeps none. */
  forget(_messageIds: readonly string[]): Promise<void> {
    return Promise.resolve();
  }

  /** The same for all that are older than so many days, and for what a delivery that was cut off has left. */
  forgetOld(_days: number): Promise<void> {
    return Promise.resolve();
  }
}
