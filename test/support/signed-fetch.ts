import { createHash, createHmac, randomUUID } from 'node:crypto';

/** A key as REQUEST_SIGNING_KEYS lists it. */
export interface SigningKey {
  readonly id: string;
  readonly base64: string;
}

/** What is signed; every part can be another one than what is sent. */
export interface ToSign {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body?: string;
  readonly key: SigningKey;
  readonly nonce?: string;
  readonly createdSeconds?: number;
  readonly components?: readonly string[];
  readonly algorithm?: string;
  /** Before the label; for headers that hold more than one signature. */
  readonly parameters?: string;
}

/** The three fields of a signed request (RFC 9421, RFC 9530), made without any code of the server. */
export function signatureFields(request: ToSign): Record<string, string> {
  const { method, target, body = '', key } = request;
  const [path = '', query = ''] = target.split(/(?=\?)/);
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
  const values: Record<string, string> = {
    '@method': method,
    '@path': path,
    '@query': query === '' ? '?' : query,
    '@authority': 'api.clinic.example',
    'content-digest': digest,
  };
  const components = request.components ?? ['@method', '@path', '@query', 'content-digest'];
  const created = request.createdSeconds ?? Math.floor(Date.now() / 1000);
  const parameters =
    request.parameters ??
    `;created=${created};nonce="${request.nonce ?? randomUUID()}";keyid="${key.id}";alg="${request.algorithm ?? 'hmac-sha256'}"`;
  const input = `(${components.map((name) => `"${name}"`).join(' ')})${parameters}`;
  const base = [...components.map((name) => `"${name}": ${values[name] ?? ''}`), `"@signature-params": ${input}`];
  const mac = createHmac('sha256', Buffer.from(key.base64, 'base64')).update(base.join('\n')).digest('base64');
  return { 'content-digest': digest, 'signature-input': `sig=${input}`, signature: `sig=:${mac}:` };
}
