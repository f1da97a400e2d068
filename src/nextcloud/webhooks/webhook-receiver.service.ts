import { Injectable } from '@nestjs/common';
import { NEXTCLOUD_FILES } from '../../indexing/sources/document-source.types.ts';
import { ScanRequests } from '../../indexing/sources/scan-requests.port.ts';
import { Database } from '../../persistence/database.ts';
import { NextcloudAccount } from '../account/nextcloud-account.entity.ts';
import { findHint } from './protocol/webhook-hint.ts';
import { WebhookSenders, type ReceivedWebhook } from './webhook-senders.ts';

/** One user of Nextcloud is linked to one account of ours, rarely to two. */
const MAX_USERS = 10;

/** Takes webhooks as hints that a user's files may have changed; nothing else in them is believed. */
@Injectable()
export class WebhookReceiverService {
  constructor(
    private readonly senders: WebhookSenders,
    private readonly database: Database,
    private readonly scans: ScanRequests,
  ) {}

  /**
   * Has a user's documents scanned soon. Unknown users and events about other things change nothing, and the sender does
   * not learn of it.
   *
   * @throws DomainError `unauthenticated`, `signature-invalid`
   */
  async receive(webhook: ReceivedWebhook): Promise<void> {
    await this.senders.authenticate(webhook);
    const hint = findHint(webhook.body);
    if (hint === null) return;
    const accounts = await this.database.read((em) =>
      em.find(NextcloudAccount, { uid: hint.uid, state: 'linked' }, { limit: MAX_USERS, fields: ['userId'] }),
    );
    for (const { userId } of accounts) await this.scans.trigger({ userId, source: NEXTCLOUD_FILES });
  }
}
