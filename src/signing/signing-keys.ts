/** What a signature is for. A key for webhooks signs nothing that changes accounts. */
export type SignaturePurpose = 'operations' | 'webhooks';

interface SigningKey {
  readonly bytes: Buffer;
  readonly isForWebhooksOnly: boolean;
}

/** Keys that signed requests are checked with, by their ids. Any number may be good at the same time, for rotation. */
export class SigningKeys {
  readonly #keys = new Map<string, SigningKey>();

  /** @param text comma-separated `id:key` pairs as REQUEST_SIGNING_KEYS lists them, keys in base64; `id:key:webhooks` */
  constructor(text = '') {
    for (const entry of text.split(',').filter((each) => each.trim() !== '')) {
      const [id = '', encoded = '', mark] = entry.trim().split(':');
      this.#keys.set(id, { bytes: Buffer.from(encoded, 'base64'), isForWebhooksOnly: mark === 'webhooks' });
    }
  }

  /** True when at least one key is for this purpose. */
  has(purpose: SignaturePurpose): boolean {
    return [...this.#keys.values()].some((key) => isFor(key, purpose));
  }

  findKey(id: string, purpose: SignaturePurpose): Buffer | undefined {
    const key = this.#keys.get(id);
    return key !== undefined && isFor(key, purpose) ? key.bytes : undefined;
  }
}

function isFor(key: SigningKey, purpose: SignaturePurpose): boolean {
  return purpose === 'webhooks' || !key.isForWebhooksOnly;
}
