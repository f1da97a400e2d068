import { DomainError, isDomainError } from '../problem/domain-error.ts';
import { PinMismatchError } from './spki-pins.ts';
import type { ProblemCode } from '../problem/problem-codes.ts';

const TLS_REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-issuer',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  CERT_REVOKED: 'revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'protocol-version',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'protocol-version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
};

const TIMEOUTS = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const RESETS = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * Turns what the HTTP library or the operating system threw into one of our codes. The original is not attached:
 * library errors may carry header fields.
 */
export function fromTransportError(error: unknown, upstream: string): DomainError {
  if (isDomainError(error)) return error;
  const code = codeOf(error);
  if (error instanceof PinMismatchError) {
    const logContext = { upstream, reason: 'pin-mismatch', seenPin: error.seenPin };
    return new DomainError('upstream-tls-failure', { logContext });
  }
  const tlsReason =
    TLS_REASONS[code] ?? (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? 'handshake' : null);
  if (tlsReason) return failure('upstream-tls-failure', upstream, tlsReason);
  if (TIMEOUTS.has(code)) return failure('upstream-timeout', upstream, 'connect');
  if (RESETS.has(code)) return failure('upstream-unavailable', upstream, 'reset');
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failure('upstream-protocol-error', upstream, 'http-syntax');
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || code === 'UND_ERR_RESPONSE') {
    return failure('upstream-protocol-error', upstream, 'length');
  }
  if (/^Z_|^ERR_ZLIB/.test(code)) return failure('upstream-protocol-error', upstream, 'gzip');
  return failure('upstream-unavailable', upstream, code === '' ? 'unknown' : code.toLowerCase());
}

/** A failure with the name of the upstream and a short reason for the log. */
export function failure(code: ProblemCode, upstream: string, reason: string): DomainError {
  return new DomainError(code, { logContext: { upstream, reason } });
}

/** True when the connection broke, so that a read may be sent again. */
export function isReset(error: DomainError): boolean {
  return error.options.logContext?.['reason'] === 'reset';
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // undici leaves the code out for some syntax errors.
  return error instanceof Error && error.name === 'HTTPParserError' ? 'HPE_UNKNOWN' : '';
}
