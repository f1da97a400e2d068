// TLS is always verified; only a certificate authority that the operator adds widens the trust.
import { expect, it } from '@jest/globals';
import type { TlsOptions } from 'node:tls';
import { readBytes } from '../../../src/outbound/bounded-read.ts';
import { OutboundClient, type OutboundOptions } from '../../../src/outbound/outbound.client.ts';
import { defineUpstreamPolicy } from '../../../src/outbound/upstream.policy.ts';
import { makeCertificate, type CertificateSpec } from '../../support/certificate.ts';
import { answerText, ScriptedServer } from '../../support/scripted-server.ts';

const authority = { commonName: 'Hospital CA', ...makeCertificate({ commonName: 'Hospital CA', isAuthority: true }) };

async function call(spec: CertificateSpec, options: OutboundOptions = {}, tls: TlsOptions = {}) {
  const { certificatePem, keyPem } = makeCertificate(spec);
  const server = await ScriptedServer.start(({ socket }) => socket.write(answerText(200, 'ok')), {
    cert: certificatePem,
    key: keyPem,
    ...tls,
  });
  const client = new OutboundClient({ operatorOrigins: [server.origin], ...options });
  const policy = defineUpstreamPolicy({ name: 'test', origin: server.origin, trust: 'operator' });
  try {
    const headers = { authorization: 'Bearer secret' };
    const response = await client.request(policy, { method: 'GET', url: `${server.origin}/`, headers });
    return (await readBytes(response.body, 100, 'test')).toString();
  } catch (error) {
    expect(server.requests).toEqual([]);
    throw error;
  } finally {
    await client.close();
    await server.stop();
  }
}

const refusedFor = (reason: string) =>
  expect.objectContaining({
    code: 'upstream-tls-failure',
    options: expect.objectContaining({ logContext: { upstream: 'test', reason } }),
  });

const trusting = { caCertificatesPem: authority.certificatePem };

it("S38: accepts a certificate of the authority in the operator's file", async () => {
  expect(await call({ issuer: authority }, trusting)).toBe('ok');
});

it('S38: refuses a certificate that signs itself, and sends nothing', async () => {
  await expect(call({})).rejects.toEqual(refusedFor('self-signed'));
});

it('S38: refuses a certificate of an unknown authority, and sends nothing', async () => {
  await expect(call({ issuer: authority })).rejects.toEqual(refusedFor('unknown-issuer'));
});

it('S38: refuses an expired certificate, one that is not valid yet, and one for another name', async () => {
  const yesterday = new Date(Date.now() - 86_400_000);
  const before = new Date(Date.now() - 2 * 86_400_000);
  const tomorrow = new Date(Date.now() + 86_400_000);
  await expect(call({ issuer: authority, notBefore: before, notAfter: yesterday }, trusting)).rejects.toEqual(
    refusedFor('expired'),
  );
  await expect(
    call({ issuer: authority, notBefore: tomorrow, notAfter: new Date(Date.now() + 2 * 86_400_000) }, trusting),
  ).rejects.toEqual(refusedFor('not-yet-valid'));
  await expect(call({ issuer: authority, names: ['other.example', '127.0.0.2'] }, trusting)).rejects.toEqual(
    refusedFor('wrong-name'),
  );
});

it('S38: refuses TLS 1.1', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
  await expect(call({ issuer: authority }, trusting, old)).rejects.toMatchObject({ code: 'upstream-tls-failure' });
});

it('S38: verifies although the environment says not to', async () => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    await expect(call({})).rejects.toEqual(refusedFor('self-signed'));
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
});

it('refuses a CA file without a certificate at the start', () => {
  expect(() => new OutboundClient({ caCertificatesPem: 'not a certificate' })).toThrow(TypeError);
});

it('says so when a server that should speak TLS does not', async () => {
  const server = await ScriptedServer.start(() => undefined);
  const origin = server.origin.replace('http:', 'https:');
  const client = new OutboundClient({ operatorOrigins: [origin] });
  const policy = defineUpstreamPolicy({ name: 'test', origin, trust: 'operator', connectTimeoutMs: 300 });
  try {
    await expect(client.request(policy, { method: 'GET', url: `${origin}/` })).rejects.toEqual(
      expect.objectContaining({ code: 'upstream-timeout' }),
    );
  } finally {
    await client.close();
    await server.stop();
  }
});
