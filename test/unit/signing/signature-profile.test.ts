// The one form of RFC 9421 signatures that is accepted, and the numbers of the RFCs themselves.
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isDigestOf } from '../../../src/signing/content-digest.ts';
import { claimsSignature, findSignature, macOf, type SignedMessage } from '../../../src/signing/signature-profile.ts';
import { signatureFields, type ToSign } from '../../support/signed-fetch.ts';

const key = { id: 'panel1', base64: Buffer.alloc(32, 7).toString('base64') };
const request = { method: 'POST', target: '/api/users/1/erase?why=a%20b', body: '{"a":1}', key };

function message(signed: Partial<ToSign> = {}, headers: Record<string, string | string[]> = {}): SignedMessage {
  const { method, target } = request;
  return { method, target, headers: { ...signatureFields({ ...request, ...signed }), ...headers } };
}

describe('S64: a signature', () => {
  it('has the base and the value of the examples in RFC 9421 appendix B.2.5', () => {
    const base = [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@authority": example.com',
      '"content-type": application/json',
      '"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    ].join('\n');
    const shared = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';
    expect(macOf(base, Buffer.from(shared, 'base64')).toString('base64')).toBe(
      'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    );
  });

  it('is read with its components in any order, and covers path and query as they came', () => {
    const found = findSignature(message({ nonce: 'n'.repeat(16), createdSeconds: 1_700_000_000 }));
    expect(found).toMatchObject({ keyId: 'panel1', nonce: 'n'.repeat(16), createdSeconds: 1_700_000_000 });
    expect(found?.base).toContain('"@method": POST\n"@path": /api/users/1/erase\n"@query": ?why=a%20b\n');
    const turned = findSignature(message({ components: ['content-digest', '@query', '@path', '@method'] }));
    expect(turned?.mac).toEqual(macOf(turned?.base ?? '', Buffer.from(key.base64, 'base64')));
  });

  it('covers the question mark alone where there is no query (RFC 9421 section 2.2.7)', () => {
    const target = '/api/users/1';
    const headers = signatureFields({ method: 'GET', target, key });
    expect(findSignature({ method: 'GET', target, headers })?.base).toContain('"@query": ?\n');
  });

  const once = ';created=1;nonce="nnnnnnnnnnnnnnnn";keyid="panel1"';
  it.each<[string, Partial<ToSign>]>([
    ['a component is missing', { components: ['@method', '@path', 'content-digest'] }],
    ['a component is there twice', { components: ['@method', '@path', '@query', '@query', 'content-digest'] }],
    ['another component is covered', { components: ['@method', '@path', '@query', 'content-digest', '@authority'] }],
    ['the algorithm is another one', { algorithm: 'hmac-sha512' }],
    ['the algorithm is not said', { parameters: once }],
    ['there is no nonce', { parameters: ';created=1;keyid="panel1";alg="hmac-sha256"' }],
    ['the nonce is short', { nonce: 'x'.repeat(15) }],
    ['the nonce is long', { nonce: 'x'.repeat(129) }],
    ['the nonce holds a quote', { nonce: `${'x'.repeat(16)}\\"` }],
    ['a parameter comes twice', { parameters: `${once};created=2;alg="hmac-sha256"` }],
    ['a parameter is unknown', { parameters: `${once};alg="hmac-sha256";tag="other"` }],
    ['the time is no integer', { parameters: once.replace('=1;', '="1";') + ';alg="hmac-sha256"' }],
  ])('is none when %s', (_, signed) => {
    expect(findSignature(message(signed))).toBeNull();
  });

  it.each<[string, Record<string, string | string[]>]>([
    ['there are two of them', { 'signature-input': `${message().headers['signature-input'] as string}, b=()` }],
    ['the two fields name different ones', { signature: `other=:${'A'.repeat(43)}=:` }],
    ['its value is cut', { signature: 'sig=:AAAA:' }],
    ['a field is endless', { 'signature-input': `sig=(${' '.repeat(100_000)})` }],
    ['a field is missing', { signature: '' }],
  ])('is none when %s', (_, headers) => {
    expect(findSignature(message({}, headers))).toBeNull();
    expect(claimsSignature(message({}, headers))).toBe(true);
  });
});

describe('S64: a Content-Digest', () => {
  const body = '{"hello": "world"}';
  const digests = {
    'sha-256': createHash('sha256').update(body).digest(),
    'sha-512': createHash('sha512').update(body).digest(),
  };
  // RFC 9530 appendix B.1 and D.
  const sha256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:';
  const sha512 = `sha-512=:${digests['sha-512'].toString('base64')}:`;

  it('is that of the body by one or both algorithms', () => {
    expect(isDigestOf(sha256, digests)).toBe(true);
    expect(isDigestOf(sha512, digests)).toBe(true);
    expect(isDigestOf(`${sha256}, ${sha512}`, digests)).toBe(true);
  });

  it.each([
    '',
    'sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=',
    sha256.replace('X', 'Y'),
    sha256.replace('256', '512'),
    'md5=:Sd/dVLAcvNLSq16eXua5uQ==:',
    `${sha256}, md5=:Sd/dVLAcvNLSq16eXua5uQ==:`,
    `${sha256}, ${sha512.replace(/:./, ':!')}`,
    `${sha256}, ${sha256}, ${sha256}`,
  ])('is not %j', (value) => {
    expect(isDigestOf(value, digests)).toBe(false);
  });
});
