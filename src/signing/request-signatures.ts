import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../persistence/database.ts';
import { DomainError } from '../problem/domain-error.ts';
import { isDigestOf, type BodyDigests } from './content-digest.ts';
import { claimsSignature, field, findSignature, macOf, type SignedMessage } from './signature-profile.ts';
import { SigningKeys, type SignaturePurpose } from './signing-keys.ts';

/** How far the clock of a signer may be from ours, either way, in seconds. */
const TOLERANCE_SECONDS = 300;
/** Longer than any signature can stay young enough, also where the clocks of our own processes differ. */
const NONCE_KEPT_SECONDS = 3_600;

const TAKE_NONCE = `
  insert into used_nonces (key_id, nonce, expires_at) values (?, ?, clock_timestamp() + ? * interval '1 second')
  on conflict do nothing returning 1`;

/** Why a signature was refused, for the audit trail. */
export type SignatureFault = 'missing' | 'malformed' | 'mismatch' | 'clock' | 'digest' | 'replayed';

const DETAILS: Readonly<Record<SignatureFault, string>> = {
  missing: 'The request has to be signed (RFC 9421).',
  malformed: 'Signature-Input or Signature are not of the form that is accepted.',
  mismatch: 'No key of that id made this signature.',
  clock: `The signature was made more than ${TOLERANCE_SECONDS / 60} minutes from now.`,
  digest: 'Content-Digest is not that of the body.',
  replayed: 'The nonce was used before.',
};

/** A request and what is known of its body; null when its digests are not known. */
export interface SignedRequest extends SignedMessage {
  readonly digests: BodyDigests | null;
}

/** Checks signatures of requests (RFC 9421, RFC 9530); each is good once, in whichever process. */
@Injectable()
export class RequestSignatures {
  constructor(
    private readonly keys: SigningKeys,
    private readonly database: Database,
  ) {}

  /** True when there are keys for this purpose. */
  isOn(purpose: SignaturePurpose): boolean {
    return this.keys.has(purpose);
  }

  /** True when a request comes with a signature, good or not. */
  isClaimed(message: SignedMessage): boolean {
    return claimsSignature(message);
  }

  /**
   * Uses a signature up.
   *
   * @returns id of the key that made it
   * @throws DomainError `signature-required`, `signature-invalid` (`logContext.reason` is a {@link SignatureFault}),
   *   `service-unavailable`: a nonce that cannot be stored is not accepted
   */
  async verify(request: SignedRequest, purpose: SignaturePurpose, nowMs = Date.now()): Promise<string> {
    if (!claimsSignature(request)) throw refusal('missing');
    const claimed = findSignature(request);
    if (claimed === null) throw refusal('malformed');
    const key = this.keys.findKey(claimed.keyId, purpose);
    if (key === undefined || !timingSafeEqual(claimed.mac, macOf(claimed.base, key))) throw refusal('mismatch');
    if (Math.abs(nowMs / 1_000 - claimed.createdSeconds) > TOLERANCE_SECONDS) throw refusal('clock');
    const { digests } = request;
    if (digests === null || !isDigestOf(field(request, 'content-digest'), digests)) throw refusal('digest');
    const values = [claimed.keyId, claimed.nonce, NONCE_KEPT_SECONDS];
    const taken = await this.database.read((em) => em.execute<unknown[]>(TAKE_NONCE, values));
    if (taken.length === 0) throw refusal('replayed');
    return claimed.keyId;
  }
}

function refusal(reason: SignatureFault): DomainError {
  const code = reason === 'missing' ? 'signature-required' : 'signature-invalid';
  return new DomainError(code, { detail: DETAILS[reason], logContext: { reason } });
}
