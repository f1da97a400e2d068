import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/**
 * Trust for outgoing TLS: the certificates Node trusts by default plus the operator's own, TLS 1.2 or newer.
 * @param ownCertificatesPem content of the operator's CA file, if there is one
 * @throws {TypeError} when the file holds no certificate
 */
export function outboundSecureContext(ownCertificatesPem?: string): SecureContext {
  const trusted = [...getCACertificates('default')];
  if (ownCertificatesPem !== undefined) {
    // OpenSSL silently ignores text without a certificate; the operator would learn of it at the first failed call.
    if (!ownCertificatesPem.includes('-----BEGIN CERTIFICATE-----'))
      throw new TypeError('The CA file holds no certificate');
    trusted.push(ownCertificatesPem);
  }
  return createSecureContext({ ca: trusted, minVersion: 'TLSv1.2' });
}
