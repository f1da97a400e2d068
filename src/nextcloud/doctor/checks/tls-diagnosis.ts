import type { DomainError } from '../../../problem/domain-error.ts';
import { reasonOf } from '../check-runner.ts';
import { fault, type Finding } from '../check.types.ts';

interface Advice {
  readonly cause: string;
  readonly fix: string;
}

const OWN_AUTHORITY =
  'Give this server the certificate of the authority: OUTBOUND_CA_FILE=/path/to/ca.pem. Verification cannot be switched off.';

/** By the reasons of the way out. */
const ADVICE: Readonly<Record<string, Advice>> = {
  'self-signed': { cause: 'The certificate is signed by itself.', fix: OWN_AUTHORITY },
  'unknown-issuer': {
    cause: 'The certificate comes from an authority that this server does not know, or the chain is incomplete.',
    fix: `Let the web server send the intermediate certificates (fullchain). An authority of your own: ${OWN_AUTHORITY}`,
  },
  expired: { cause: 'The certificate has expired.', fix: 'Renew it, and check that the renewal runs by itself.' },
  'not-yet-valid': {
    cause: 'The certificate is not valid yet.',
    fix: 'Check the clock of this machine, then the date in the certificate.',
  },
  revoked: { cause: 'The certificate was revoked.', fix: 'Get a new certificate with a new key.' },
  'wrong-name': {
    cause: 'The certificate is for another name than the one in NEXTCLOUD_URL.',
    fix: 'Use the name that the certificate holds in NEXTCLOUD_URL, or get a certificate that holds this one too.',
  },
  'protocol-version': {
    cause: 'Nextcloud offers only versions of TLS that are too old.',
    fix: 'Switch on TLS 1.2 or newer in the web server or proxy.',
  },
  'not-tls': {
    cause: 'The port does not speak TLS, and NEXTCLOUD_URL says https.',
    fix: 'Correct the port in NEXTCLOUD_URL, or set up TLS in the web server.',
  },
};

const PINNED: Advice = {
  cause: 'The certificate is valid, but its key is none of those pinned for this server.',
  fix: 'If the key was changed on purpose, add the new pin to OUTBOUND_PINS; if not, somebody may be in between: stop and look.',
};

const OTHER: Advice = {
  cause: 'The TLS handshake fails.',
  fix: 'Try: openssl s_client -connect HOST:PORT -servername HOST, and look at the TLS settings of the web server or proxy.',
};

/** What a failed handshake means. */
export function tlsDiagnosis(failure: DomainError, host: string): Finding {
  const reason = reasonOf(failure);
  const advice = reason.includes('pin') ? PINNED : (ADVICE[reason] ?? OTHER);
  const seenPin = failure.options.logContext?.['seenPin'];
  return fault({ ...advice, facts: { host, reason, ...(seenPin !== undefined && { seen_pin: seenPin }) } });
}
