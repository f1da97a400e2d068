// Pinned keys (seed row N11, bar S38): beside a valid certificate, never in its place.
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readBytes } from '../../../src/outbound/bounded-read.ts';
import { OutboundClient } from '../../../src/outbound/outbound.client.ts';
import type { TlsRefusal } from '../../../src/outbound/outbound.types.ts';
import { spkiPinOf } from '../../../src/outbound/spki-pins.ts';
import { defineUpstreamPolicy } from '../../../src/outbound/upstream.policy.ts';
import { makeCertificate, type TestCertificate } from '../../support/certificate.ts';
import { answerText, ScriptedServer } from '../../support/scripted-server.ts';

const authority = { commonName: 'Hospital CA', ...makeCertificate({ commonName: 'Hospital CA', isAuthority: true }) };
const other = { commonName: 'Other CA', ...makeCertificate({ commonName: 'Other CA', isAuthority: true }) };
const leaf = makeCertificate({ issuer: authority });
const backup = makeCertificate({ issuer: authority });
const pinOf = ({ certificatePem }: TestCertificate): string => spkiPinOf(new X509Certificate(certificatePem));

interface Served {
  /** Sent along after the server's own certificate. */
  readonly chain?: readonly TestCertificate[];
  readonly certificate?: TestCertificate;
  readonly trusted?: readonly TestCertificate[];
  readonly host?: string;
}

async function connect(pins: readonly string[], served: Served = {}) {
  const { certificate = leaf, chain = [], trusted = [authority], host = '127.0.0.1' } = served;
  const server = await ScriptedServer.start(({ socket }) => socket.write(answerText(200, 'ok')), {
    cert: [certificate, ...chain].map(({ certificatePem }) => certificatePem).join(''),
    key: certificate.keyPem,
  });
  const origin = `https://${host}:${server.port}`;
  const refusals: TlsRefusal[] = [];
  const client = new OutboundClient({
    operatorOrigins: [origin],
    caCertificatesPem: trusted.map(({ certificatePem }) => certificatePem).join(''),
    pins: pins.map((pin) => pin.replace('PORT', String(server.port))),
    resolve: () => Promise.resolve(['127.0.0.1']),
    onTlsRefusal: (refusal) => refusals.push(refusal),
  });
  const policy = defineUpstreamPolicy({ name: 'test', origin, trust: 'operator' });
  try {
    const call = client.request(policy, { method: 'GET', url: `${origin}/`, headers: { authorization: 'Bearer x' } });
    const outcome = await call.then(
      async ({ body }) => (await readBytes(body, 100, 'test')).toString(),
      (error: unknown) => error,
    );
    const seen = await client.spkiPins(policy).catch((error: unknown) => error);
    return { outcome, requests: server.requests.length, refusals, seen };
  } finally {
    await client.close();
    await server.stop();
  }
}

const mismatch = expect.objectContaining({
  code: 'upstream-tls-failure',
  options: { logContext: { upstream: 'test', reason: 'pin-mismatch', seenPin: pinOf(leaf) } },
});

describe('N11: a server with pinned keys', () => {
  it('is spoken to when its own key is pinned, or that of the authority its chain was verified with', async () => {
    expect(await connect([`127.0.0.1:PORT=${pinOf(leaf)}`])).toMatchObject({ outcome: 'ok', refusals: [] });
    expect(await connect([`127.0.0.1:PORT=${pinOf(authority)}`])).toMatchObject({ outcome: 'ok', refusals: [] });
  });

  it('is spoken to when one of several pins fits: backup keys', async () => {
    const pins = [`127.0.0.1:PORT=${pinOf(backup)}`, `127.0.0.1:PORT=${pinOf(leaf)}`];
    expect(await connect(pins)).toMatchObject({ outcome: 'ok' });
  });

  it('S38: is refused before anything is sent when none fits, although its certificate is valid', async () => {
    const { outcome, requests, refusals } = await connect([`127.0.0.1:PORT=${pinOf(backup)}`]);
    expect(outcome).toEqual(mismatch);
    expect(requests).toBe(0);
    expect(refusals).toEqual([{ upstream: 'test', reason: 'pin-mismatch' }]);
  });

  it('S38: is refused with a fitting pin when its certificate is not valid: pins replace nothing', async () => {
    const selfSigned = makeCertificate();
    const { outcome, requests } = await connect([`127.0.0.1:PORT=${pinOf(selfSigned)}`], { certificate: selfSigned });
    expect(outcome).toMatchObject({ code: 'upstream-tls-failure', options: { logContext: { reason: 'self-signed' } } });
    expect(requests).toBe(0);
    const wrongName = makeCertificate({ issuer: authority, names: ['other.test'] });
    const named = await connect([`127.0.0.1:PORT=${pinOf(wrongName)}`], { certificate: wrongName });
    expect(named.outcome).toMatchObject({ options: { logContext: { reason: 'wrong-name' } } });
  });

  it('S38: is refused when it only sends a certificate with the pinned key along, which has signed nothing', async () => {
    // Valid by another authority that the operator trusts as well; the pin is of the first.
    const foreign = makeCertificate({ issuer: other });
    const pin = `127.0.0.1:PORT=${pinOf(authority)}`;
    const served = { certificate: foreign, trusted: [authority, other] };
    for (const chain of [[authority], [other, authority]]) {
      const { outcome, requests } = await connect([pin], { ...served, chain });
      expect(outcome).toMatchObject({ options: { logContext: { reason: 'pin-mismatch', seenPin: pinOf(foreign) } } });
      expect(requests).toBe(0);
    }
    // A namesake: it looks as if it had issued the certificate, has the pinned key, and has not signed it.
    const namesake = {
      commonName: 'Hospital CA',
      ...makeCertificate({ commonName: 'Hospital CA', isAuthority: true }),
    };
    const deceived = await connect([`127.0.0.1:PORT=${pinOf(authority)}`], {
      certificate: makeCertificate({ issuer: namesake }),
      trusted: [namesake, authority],
      chain: [authority],
    });
    expect(deceived.outcome).toMatchObject({ code: 'upstream-tls-failure' });
    expect(deceived.requests).toBe(0);
  });

  it('belongs to its port, and names are compared without case', async () => {
    const elsewhere = await connect([`127.0.0.1:1=${pinOf(backup)}`, `127.0.0.1=${pinOf(backup)}`]);
    expect(elsewhere.outcome).toBe('ok');
    const { outcome } = await connect([`LOCALHOST:PORT=${pinOf(backup)}`], { host: 'localhost' });
    expect(outcome).toEqual(mismatch);
  });

  it('tells its pins to the operator, also while they do not fit', async () => {
    const { seen } = await connect([`127.0.0.1:PORT=${pinOf(backup)}`]);
    expect(seen).toEqual([pinOf(leaf), pinOf(authority)]);
  });

  it('has pins as RFC 7469 section 2.4 makes them: the SHA-256 of its public key in DER, not of the certificate', () => {
    const der = createPublicKey(leaf.keyPem).export({ type: 'spki', format: 'der' });
    expect(pinOf(leaf)).toBe(`sha256/${createHash('sha256').update(der).digest('base64')}`);
    expect(pinOf(leaf)).not.toBe(pinOf(backup));
  });
});

describe('pins of another form', () => {
  it.each(['127.0.0.1', '127.0.0.1=sha256/x', 'https://127.0.0.1=sha256/x'])('are refused: %s', (pin) => {
    expect(() => new OutboundClient({ pins: [pin] })).toThrow(TypeError);
  });
});
