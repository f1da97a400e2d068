import { Module } from '@nestjs/common';
import { WebhookReceiverService } from './webhook-receiver.service.ts';
import { WebhookSenders } from './webhook-senders.ts';
import { WebhooksController } from './webhooks.controller.ts';

/** Webhooks of the Nextcloud. */
@Module({ controllers: [WebhooksController], providers: [WebhookReceiverService, WebhookSenders] })
export class WebhooksModule {}
