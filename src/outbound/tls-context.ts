import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/**
 * The certificate authorities trusted by outgoing TLS: those Node trusts by default plus the operator's own.
 * @param ownCertificatesPem content of the operator's CA file, if there is one
 * @throws {TypeError} when the file holds no certificate
 */
export function trustedCertificates(ownCertificatesPem?: string): string[] {
  const trusted = [...getCACertificates('default')];
  if (ownCertificatesPem !== undefined) {
    // OpenSSL silently ignores text without a certificate; the operator would learn of it at the first failed call.
    if (!ownCertificatesPem.includes('-----BEGIN CERTIFICATE-----'))
      throw new TypeError('The CA file holds no certificate');
    trusted.push(ownCertificatesPem);
  }
  return trusted;
}

/** Trust for outgoing TLS: `trustedCertificates`, TLS 1.2 or newer. @throws {TypeError} like those */
export function outboundSecureContext(ownCertificatesPem?: string): SecureContext {
  return createSecureContext({ ca: trustedCertificates(ownCertificatesPem), minVersion: 'TLSv1.2' });
}
