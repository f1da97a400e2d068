import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { currentOrigin } from '../../access/request-origin.ts';
import { clientNetwork } from '../../http/client-network.ts';

const MAX_ADDRESSES = 1000;

/**
 * Which wrong guesses at one account are counted together, as the end of the key of a counter:
 * - in a session: those of this session;
 * - from a network where a login of the account has succeeded (its sessions and those of the last 30 days): those from
 *   this network;
 * - else: those of all strangers, from whatever networks.
 *
 * A stranger so uses up the budget of strangers, and keeps out neither a session nor a network that the owner has
 * logged in from (ASVS 6.1.1, 6.3.1).
 *
 * @param userId null for an address without an account: it has strangers only, and the same query is made
 */
export async function guessBudget(
  em: EntityManager,
  userId: string | null,
  sessionId: string | null = null,
): Promise<string> {
  if (sessionId !== null) return `session:${sessionId}`;
  const network = clientNetwork(currentOrigin().address ?? 'unknown');
  const rows = await em.execute<{ address: string }[]>(
    `select distinct address from
       (select address from sessions where user_id = ?::uuid order by created_at desc limit ?) as latest`,
    [userId, MAX_ADDRESSES],
  );
  const isKnown = rows.some(({ address }) => clientNetwork(address) === network);
  // A digest: the counter store learns no address.
  return isKnown ? `network:${createHash('sha256').update(network).digest('hex').slice(0, 32)}` : 'strangers';
}
