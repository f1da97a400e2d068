import { Buffer } from 'node:buffer';
import { hkdfSync } from 'node:crypto';

const KEY_BYTES = 32;
const ENTRY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})(:verify)?$/;

/** What a derived key is for; a key for one purpose says nothing about another. */
export type KeyPurpose = 'seal' | 'audit' | 'audit-anchor' | 'refresh-successor' | 'recovery-code';

/** Purposes of a key that is marked `:verify`: it checks what it has signed, and opens nothing. */
const VERIFYING: ReadonlySet<KeyPurpose> = new Set<KeyPurpose>(['audit', 'audit-anchor', 'recovery-code']);

interface MasterKey {
  readonly bytes: Buffer;
  readonly onlyVerifies: boolean;
}

/** Named master keys. The first is current; the others stay readable until nothing uses them. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, MasterKey>;
  readonly currentId: string;

  /**
   * @param text comma-separated `id:key` pairs, key = 32 bytes in base64; `id:key:verify` for one that opens nothing more
   * @throws Error that names the rule and never the value
   */
  constructor(text: string) {
    const keys = new Map<string, MasterKey>();
    for (const entry of text.split(',').map((each) => each.trim())) {
      const [, id = '', encoded = '', mark] = ENTRY.exec(entry) ?? [];
      const key = Buffer.from(encoded, 'base64');
      if (key.length !== KEY_BYTES)
        throw new Error('SECRETS_KEYS must list id:key pairs with keys of 32 bytes in base64');
      if (keys.has(id)) throw new Error('SECRETS_KEYS names a key id twice');
      if (keys.size === 0 && mark !== undefined)
        throw new Error('The first key of SECRETS_KEYS must do more than verify');
      keys.set(id, { bytes: key, onlyVerifies: mark !== undefined });
    }
    this.#keys = keys;
    this.currentId = [...keys.keys()][0] ?? '';
  }

  /**
   * Key for one purpose (HKDF-SHA-256, RFC 5869).
   *
   * @returns 32 bytes, or undefined when the ring has no such key, or has it for less
   */
  findKey(keyId: string, purpose: KeyPurpose): Buffer | undefined {
    const master = this.#keys.get(keyId);
    if (master === undefined || (master.onlyVerifies && !VERIFYING.has(purpose))) return undefined;
    return Buffer.from(hkdfSync('sha256', master.bytes, '', `voiceassist/${purpose}`, KEY_BYTES));
  }

  /** The current key for one purpose, 32 bytes. */
  current(purpose: KeyPurpose): Buffer {
    const key = this.findKey(this.currentId, purpose);
    if (key === undefined) throw new Error('The key ring is empty');
    return key;
  }

  /** Every key for one purpose, the current one first. */
  all(purpose: KeyPurpose): readonly [Buffer, ...Buffer[]] {
    const others = this.ids()
      .slice(1)
      .flatMap((id) => this.findKey(id, purpose) ?? []);
    return [this.current(purpose), ...others];
  }

  /** Ids of all keys, the current one first. */
  ids(): readonly string[] {
    return [...this.#keys.keys()];
  }
}
