import { createHash, X509Certificate } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/** Refusal of a certificate that is valid and not pinned; `fromTransportError` knows the code. */
export class PinMismatchError extends Error {
  readonly code = 'ERR_SPKI_PIN_MISMATCH';

  constructor(/** Pin of the certificate that the server showed. */ readonly seenPin: string) {
    super('None of the pinned keys is in the chain of the certificate');
  }
}

/** What Node hands to a check of the identity; typed there without the issuers. */
type Certificate = PeerCertificate & { readonly issuerCertificate?: Certificate };

const ENTRY = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?=(sha256\/[A-Za-z0-9+/]{43}=)$/i;
const DEFAULT_PORT = 443;
const LONGEST_CHAIN = 10;

/**
 * Keys that a server's certificate must have in its chain, beside being valid. Servers without an entry need none.
 */
export class SpkiPins {
  readonly #pins = new Map<string, Set<string>>();

  /**
   * @param entries `host[:port]=sha256/BASE64`, port 443 unless given; several of one server are alternatives
   * @throws {TypeError} for an entry of another form
   */
  constructor(entries: readonly string[] = []) {
    for (const entry of entries) {
      const [, host = '', port, pin] = ENTRY.exec(entry) ?? [];
      if (pin === undefined) throw new TypeError('A pin has the form host[:port]=sha256/BASE64');
      const key = keyOf(host, Number(port ?? DEFAULT_PORT));
      this.#pins.set(key, (this.#pins.get(key) ?? new Set()).add(pin));
    }
  }

  /**
   * The check of the identity for one server, for `tls.connect`: the name as always, then the pins. Node calls it only
   * for a chain that it has verified.
   */
  checkIdentity(host: string, port: number): (name: string, certificate: PeerCertificate) => Error | undefined {
    const pins = this.#pins.get(keyOf(host, port));
    return (name, certificate) => {
      const fault = checkServerIdentity(name, certificate);
      if (fault !== undefined || pins === undefined) return fault;
      const chain = chainPins(certificate);
      return chain.some((pin) => pins.has(pin)) ? undefined : new PinMismatchError(chain[0] ?? '');
    };
  }
}

/** Pin of a certificate's key: SHA-256 of its SubjectPublicKeyInfo in base64 (RFC 7469 section 2.4). */
export function spkiPinOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`;
}

/**
 * Pins from the server's own certificate upwards, as far as each was really signed by the next: a server may send along
 * any certificate it likes, also one with a pinned key that it does not have.
 */
export function chainPins(certificate: PeerCertificate): string[] {
  const pins: string[] = [];
  let next: Certificate | undefined = certificate;
  let signed: X509Certificate | undefined;
  while (next !== undefined && pins.length < LONGEST_CHAIN) {
    const current: X509Certificate = new X509Certificate(next.raw);
    if (signed?.verify(current.publicKey) === false) break;
    pins.push(spkiPinOf(current));
    // The last one is its own issuer.
    if (next.issuerCertificate?.raw.equals(next.raw) === true) break;
    signed = current;
    next = next.issuerCertificate;
  }
  return pins;
}

function keyOf(host: string, port: number): string {
  return `${host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')} ${port}`;
}
