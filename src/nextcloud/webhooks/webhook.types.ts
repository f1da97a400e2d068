import type { SignedRequest } from '../../signing/request-signatures.ts';

/** A webhook as it came in. */
export interface ReceivedWebhook {
  /** What its signature is over, if it has one. */
  readonly request: SignedRequest;
  readonly isHttps: boolean;
  /** Parsed JSON. */
  readonly body: unknown;
}
