import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Counters } from '../../ephemeral/counters.port.ts';
import { normalizeEmail } from '../../users/users.repository.ts';

const WINDOW_MS = 60 * 60 * 1000;
const MAX_PER_WINDOW = 5;

/**
 * Keeps anybody from having somebody else's mailbox flooded: an address gets at most five messages with a link an hour
 * for who is not logged in, and five for who is: strangers use up nothing of an administrator or of a session. Counts
 * for addresses without an account alike.
 */
@Injectable()
export class MailRateLimit {
  constructor(private readonly counters: Counters) {}

  /**
   * Counts a message to an address.
   *
   * @returns seconds until there may be another one, when this one is too many; 0 when it may be sent
   */
  async consume(email: string, asker: 'anyone' | 'user'): Promise<number> {
    // A digest: the counter store learns no address.
    const key = `mails:${asker}:${createHash('sha256').update(normalizeEmail(email)).digest('hex')}`;
    const { count, remainingMs } = await this.counters.add(key, { windowMs: WINDOW_MS, by: 1 });
    return count <= MAX_PER_WINDOW ? 0 : Math.max(1, Math.ceil(remainingMs / 1000));
  }
}
