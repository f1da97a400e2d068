import { createHmac } from 'node:crypto';

/** What the server reads of a request to check its signature. */
export interface SignedMessage {
  readonly method: string;
  /** Request target as it came: path and query. */
  readonly target: string;
  /** Fields as they came; repeated ones joined with a comma and a space. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A signature that is well-formed in the one way that is accepted; nothing of it is proved yet. */
export interface ClaimedSignature {
  readonly keyId: string;
  readonly nonce: string;
  /** When it was made, in seconds since 1970. */
  readonly createdSeconds: number;
  /** What was signed (RFC 9421 section 2.5). */
  readonly base: string;
  readonly mac: Buffer;
}

/** Components that every signature covers, no other ones and in any order. */
const COMPONENTS = ['"@method"', '"@path"', '"@query"', '"content-digest"'];
const MAX_CHARACTERS = 1_024;
const LABEL = '[a-z*][a-z0-9_.*-]{0,31}';
// One member only: of several signatures none would be the one that counts.
const INPUT = new RegExp(`^(${LABEL})=(\\(([^()]*)\\)((?:;[a-z]+=(?:[0-9]+|"[^"]*"))+))$`);
const SIGNATURE = new RegExp(`^(${LABEL})=:([A-Za-z0-9+/]{43}=):$`);
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  created: /^[0-9]{1,10}$/,
  nonce: /^"[A-Za-z0-9+/=_.:-]{16,128}"$/,
  keyid: /^"[A-Za-z0-9_-]{1,32}"$/,
  alg: /^"hmac-sha256"$/,
};

/** True when a request says that it is signed, well or not. */
export function claimsSignature({ headers }: SignedMessage): boolean {
  return headers['signature'] !== undefined || headers['signature-input'] !== undefined;
}

/**
 * Reads a signature of this server's profile of RFC 9421: `hmac-sha256` over `@method`, `@path`, `@query` and
 * `content-digest`, with the parameters `created`, `nonce`, `keyid` and `alg`, each once. Everything else is none.
 */
export function findSignature(message: SignedMessage): ClaimedSignature | null {
  const [, label, parameters = '', components = '', list = ''] = INPUT.exec(field(message, 'signature-input')) ?? [];
  const [, signedLabel, mac = ''] = SIGNATURE.exec(field(message, 'signature')) ?? [];
  if (label === undefined || label !== signedLabel) return null;
  const names = components.split(' ');
  if ([...names].sort().join(' ') !== COMPONENTS.join(' ')) return null;
  const values = parametersOf(list);
  if (values === null) return null;
  const lines = names.map((name) => `${name}: ${componentOf(message, name)}`);
  return {
    keyId: unquoted(values.get('keyid')),
    nonce: unquoted(values.get('nonce')),
    createdSeconds: Number(values.get('created')),
    base: [...lines, `"@signature-params": ${parameters}`].join('\n'),
    mac: Buffer.from(mac, 'base64'),
  };
}

/** HMAC-SHA-256 over a signature base (RFC 9421 section 3.3.3), 32 bytes. */
export function macOf(base: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(base, 'latin1').digest();
}

/** One field without the space around it; the empty text for none, for repeated ones that were not joined, and for an endless one. */
export function field({ headers }: SignedMessage, name: string): string {
  const value = headers[name];
  return typeof value === 'string' && value.length <= MAX_CHARACTERS ? value.trim() : '';
}

function parametersOf(list: string): ReadonlyMap<string, string> | null {
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of list.matchAll(/;([a-z]+)=([0-9]+|"[^"]*")/g)) {
    if (values.has(name) || !Object.hasOwn(PARAMETERS, name) || PARAMETERS[name]?.test(value) !== true) return null;
    values.set(name, value);
  }
  return values.size === Object.keys(PARAMETERS).length ? values : null;
}

function componentOf(message: SignedMessage, name: string): string {
  const mark = message.target.indexOf('?');
  switch (name) {
    case '"@method"':
      return message.method;
    case '"@path"':
      return mark < 0 ? message.target : message.target.slice(0, mark);
    case '"@query"':
      // RFC 9421 section 2.2.7: without a query the value is the question mark alone.
      return mark < 0 ? '?' : message.target.slice(mark);
    default:
      return field(message, 'content-digest');
  }
}

function unquoted(value: string | undefined): string {
  return (value ?? '').slice(1, -1);
}
