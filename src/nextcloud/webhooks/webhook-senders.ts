import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RepeatedRefusals } from '../../audit/repeated-refusals.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { NextcloudConfig } from '../../config/nextcloud.config.ts';
import { SigningConfig } from '../../config/signing.config.ts';
import { DomainError, isDomainError } from '../../problem/domain-error.ts';
import { RequestSignatures, type SignedRequest } from '../../signing/request-signatures.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** A webhook as it came in. */
export interface ReceivedWebhook {
  /** What its signature is over, if it has one. */
  readonly request: SignedRequest;
  readonly isHttps: boolean;
  /** Parsed JSON. */
  readonly body: unknown;
}

/** Knows who may send webhooks: whoever can sign, and a Nextcloud that has been told the secret. */
@Injectable()
export class WebhookSenders {
  readonly #secret: string | undefined;
  readonly #mayComeInTheClear: boolean;

  constructor(
    private readonly signatures: RequestSignatures,
    private readonly refusals: RepeatedRefusals,
    signing: SigningConfig,
    http: HttpConfig,
    nextcloud: NextcloudConfig,
  ) {
    this.#secret = signing.webhookSecret?.reveal();
    this.#mayComeInTheClear = !http.isProduction || nextcloud.allowHttp;
  }

  /** @throws DomainError `unauthenticated`, `signature-invalid` */
  async authenticate(webhook: ReceivedWebhook): Promise<void> {
    try {
      if (this.signatures.isClaimed(webhook.request)) await this.signatures.verify(webhook.request, 'webhooks');
      else this.#checkSecret(webhook);
    } catch (error) {
      if (isDomainError(error, 'unauthenticated', 'signature-invalid')) await this.#refused(error);
      throw error;
    }
  }

  #checkSecret({ request, isHttps }: ReceivedWebhook): void {
    const { authorization } = request.headers;
    const given = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
    const isKnown = given !== undefined && this.#secret !== undefined && isEqual(given, this.#secret);
    if (!isKnown) throw new DomainError('unauthenticated', CHALLENGE);
    // What has gone over the network in the clear proves nothing any more.
    if (!isHttps && !this.#mayComeInTheClear) {
      throw new DomainError('unauthenticated', { ...CHALLENGE, detail: 'The secret is accepted over https only.' });
    }
  }

  async #refused({ code, options }: DomainError): Promise<void> {
    const reason = String(options.logContext?.['reason'] ?? code);
    await this.refusals.record(
      { actorId: null, action: 'webhook.refused', outcome: 'denied', details: { reason } },
      reason,
    );
  }
}

const CHALLENGE = { headers: { 'www-authenticate': 'Bearer realm="webhooks"' } };

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
