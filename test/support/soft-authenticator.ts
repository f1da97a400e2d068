import { Buffer } from 'node:buffer';
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What a browser asks an authenticator for; of either kind of options. */
export interface CeremonyOptions {
  readonly challenge: string;
  readonly rp?: { readonly id: string };
  readonly rpId?: string;
  readonly user?: { readonly id: string };
  readonly allowCredentials?: readonly { readonly id: string }[];
}

/** What the authenticator, or its browser, does otherwise than it should. */
export interface Deviation {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly isUserVerified?: boolean;
  readonly isUserPresent?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | undefined;
  /** Flips a bit of the signature. */
  readonly breaksSignature?: boolean;
  /** Answers under another credential id. */
  readonly credentialId?: string;
  /** Attestation statement instead of none. */
  readonly attestation?: { readonly format: string; readonly statement: CborValue };
  /** Packed attestation with the key itself (WebAuthn Level 3 section 8.2). */
  readonly attestsItself?: boolean;
}

/** A registration or an assertion in JSON, as `toJSON()` gives it. */
export interface PasskeyJson {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly clientExtensionResults: Record<string, never>;
  readonly response: Readonly<Record<string, unknown>>;
}

type CborValue = number | string | Buffer | readonly CborValue[] | ReadonlyMap<number | string, CborValue>;

const ORIGIN = 'http://localhost:3000';
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

/** An authenticator without a body: it has one ES256 key, and does what it is told. */
export class SoftAuthenticator {
  readonly credentialId = randomBytes(16).toString('base64url');
  /** Uses so far; 0 for ever where `counts` is false, as with synchronised passkeys. */
  counter = 0;
  userHandle: string | undefined;
  readonly #privateKey: KeyObject;
  readonly #publicKey: Buffer;
  readonly #counts: boolean;

  constructor({ counts = true } = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#privateKey = privateKey;
    // COSE_Key of an elliptic curve key: kty EC2, alg ES256, crv P-256, x, y (RFC 9053 sections 2.1 and 7.1.1).
    this.#publicKey = cbor(
      new Map<number, CborValue>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
    this.#counts = counts;
  }

  /** What `navigator.credentials.create()` gives. */
  register(options: CeremonyOptions, deviation: Deviation = {}): PasskeyJson {
    this.userHandle = options.user?.id;
    const id = Buffer.from(deviation.credentialId ?? this.credentialId, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.#publicKey]);
    const authData = Buffer.concat([this.#head(options.rp?.id ?? '', ATTESTED, deviation), attested]);
    const client = clientData('webauthn.create', options, deviation);
    const { format, statement } = this.#attestation(deviation, authData, client);
    const attestationObject = cbor(
      new Map<string, CborValue>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData],
      ]),
    );
    return this.#answer(deviation, {
      clientDataJSON: client.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** What `navigator.credentials.get()` gives. */
  assert(options: CeremonyOptions, deviation: Deviation = {}): PasskeyJson {
    const client = clientData('webauthn.get', options, deviation);
    const authData = this.#head(options.rpId ?? '', 0, deviation);
    const signed = Buffer.concat([authData, createHash('sha256').update(client).digest()]);
    const signature = sign('sha256', signed, this.#privateKey);
    if (deviation.breaksSignature === true) signature.writeUInt8(signature.readUInt8(12) ^ 1, 12);
    const handle = 'userHandle' in deviation ? deviation.userHandle : this.userHandle;
    return this.#answer(deviation, {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: signature.toString('base64url'),
      ...(handle !== undefined && { userHandle: handle }),
    });
  }

  #attestation(deviation: Deviation, authData: Buffer, client: Buffer): { format: string; statement: CborValue } {
    if (deviation.attestsItself !== true) return deviation.attestation ?? { format: 'none', statement: new Map() };
    const signed = Buffer.concat([authData, createHash('sha256').update(client).digest()]);
    const statement = new Map<string, CborValue>([
      ['alg', -7],
      ['sig', sign('sha256', signed, this.#privateKey)],
    ]);
    return { format: 'packed', statement };
  }

  /** Authenticator data up to the counter (WebAuthn Level 3 section 6.1). */
  #head(rpId: string, extraFlags: number, deviation: Deviation): Buffer {
    const { isUserPresent = true, isUserVerified = true } = deviation;
    if (this.#counts) this.counter += 1;
    const tail = Buffer.alloc(5);
    tail.writeUInt8((isUserPresent ? USER_PRESENT : 0) | (isUserVerified ? USER_VERIFIED : 0) | extraFlags);
    tail.writeUInt32BE(deviation.counter ?? this.counter, 1);
    const hash = createHash('sha256')
      .update(deviation.rpId ?? rpId)
      .digest();
    return Buffer.concat([hash, tail]);
  }

  #answer({ credentialId = this.credentialId }: Deviation, response: PasskeyJson['response']): PasskeyJson {
    return { id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {}, response };
  }
}

function clientData(type: string, options: CeremonyOptions, deviation: Deviation): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: deviation.type ?? type,
      challenge: deviation.challenge ?? options.challenge,
      origin: deviation.origin ?? ORIGIN,
      crossOrigin: false,
    }),
  );
}

/** RFC 8949, as much of it as authenticators use. */
export function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value >= 0 ? cborHead(0, value) : cborHead(1, -1 - value);
  if (Buffer.isBuffer(value)) return Buffer.concat([cborHead(2, value.length), value]);
  if (typeof value === 'string') return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<number | string, CborValue>)];
    return Buffer.concat([cborHead(5, entries.length), ...entries.flat().map(cbor)]);
  }
  const items = value as readonly CborValue[];
  return Buffer.concat([cborHead(4, items.length), ...items.map(cbor)]);
}

function cborHead(major: number, count: number): Buffer {
  const type = major << 5;
  if (count < 24) return Buffer.from([type | count]);
  if (count < 256) return Buffer.from([type | 24, count]);
  return Buffer.from([type | 25, count >> 8, count & 255]);
}
