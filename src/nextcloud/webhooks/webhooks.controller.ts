import { Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { LimitedAs, Public, WatchesBody } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { signedRequestOf } from '../../signing/signed-request.ts';
import { WebhookReceiverService } from './webhook-receiver.service.ts';

const MAX_BYTES = 64 * 1_024;

/** What webhook_listeners sends when a file was written. */
const EXAMPLE = {
  event: { class: 'OCP\\Files\\Events\\Node\\NodeWrittenEvent', node: { id: 437, path: '/anna/files/guidelines.md' } },
  user: { uid: 'anna', displayName: 'Anna' },
  time: 1_700_100_000,
};

/** Webhooks of the Nextcloud. */
@ApiTags('nextcloud')
@Controller('integrations/nextcloud/webhooks')
export class WebhooksController {
  constructor(private readonly receiver: WebhookReceiverService) {}

  @Public()
  @LimitedAs('webhook')
  @WatchesBody({ maxBytes: MAX_BYTES, isJsonUnlessSaid: true })
  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'nextcloud.receiveWebhook',
    summary: 'Receive a webhook of Nextcloud',
    description:
      'For the app webhook_listeners of Nextcloud 30 and newer, which sends `Authorization: Bearer` with NEXTCLOUD_WEBHOOK_SECRET, and for senders that sign (docs/request-signing.md). Of the body only `event.class` and `user.uid` are read, as a hint to scan that user soon; the answer is the same for every user.',
  })
  @ApiHeader({ name: 'Authorization', description: 'Bearer and the webhook secret, when not signed.', required: false })
  @ApiHeader({ name: 'Signature-Input', description: 'RFC 9421 section 4.1.', required: false })
  @ApiHeader({ name: 'Signature', description: 'RFC 9421 section 4.2.', required: false })
  @ApiHeader({ name: 'Content-Digest', description: 'RFC 9530, when signed.', required: false })
  @ApiBody({ schema: { type: 'object', example: EXAMPLE } })
  @ApiAcceptedResponse({ description: 'Understood or of no interest.' })
  @Problems('unauthenticated', 'signature-invalid', 'malformed-request', 'payload-too-large', 'unsupported-media-type')
  async receive(@Req() request: FastifyRequest): Promise<void> {
    const { body } = request;
    await this.receiver.receive({ request: signedRequestOf(request), isHttps: request.protocol === 'https', body });
  }
}
