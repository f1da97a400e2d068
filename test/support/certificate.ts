import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate for tests, with its key. */
export interface TestCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** What the certificate says; everything has a sound default. */
export interface CertificateSpec {
  readonly commonName?: string;
  /** Host names and addresses of the subject alternative name. Default 127.0.0.1 and localhost. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly isAuthority?: boolean;
  /** Default: signed by itself. */
  readonly issuer?: TestCertificate & { readonly commonName: string };
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** Makes an X.509 version 3 certificate (RFC 5280 section 4.1) without any tool outside Node. */
export function makeCertificate(spec: CertificateSpec = {}): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = spec.commonName ?? 'localhost';
  const signer: KeyObject = spec.issuer ? createPrivateKey(spec.issuer.keyPem) : privateKey;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...crypto.getRandomValues(new Uint8Array(8))])),
    ECDSA_WITH_SHA256,
    name(spec.issuer?.commonName ?? subject),
    sequence(
      time(spec.notBefore ?? new Date(Date.now() - DAY_MS)),
      time(spec.notAfter ?? new Date(Date.now() + DAY_MS)),
    ),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(spec))),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, signer)]));
  const certificate = sequence(body, ECDSA_WITH_SHA256, signature).toString('base64');
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(spec: CertificateSpec): Buffer[] {
  if (spec.isAuthority) {
    const constraint = sequence(der(0x01, Buffer.from([0xff])));
    return [sequence(oid(0x55, 0x1d, 0x13), der(0x01, Buffer.from([0xff])), der(0x04, constraint))];
  }
  const names = (spec.names ?? ['127.0.0.1', 'localhost']).map((entry) =>
    isIP(entry) === 4 ? der(0x87, Buffer.from(entry.split('.').map(Number))) : der(0x82, Buffer.from(entry, 'ascii')),
  );
  return [sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(...names)))];
}

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(commonName, 'utf8')))));
}

function time(date: Date): Buffer {
  const digits = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return der(0x17, Buffer.from(digits.slice(2), 'ascii'));
}

function oid(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
