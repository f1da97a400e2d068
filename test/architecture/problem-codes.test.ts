// Clients switch on problem codes: a code is added, never renamed and never given another status.
import { describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../../src/problem/problem-codes.ts';
import { sourceFiles } from './source-files.ts';

/** Every code ever published, with its status. A new code is added here in the commit that adds it to the registry. */
const PUBLISHED: Readonly<Record<string, number>> = {
  'malformed-request': 400,
  'validation-failed': 422,
  'not-found': 404,
  'payload-too-large': 413,
  'uri-too-long': 414,
  'unsupported-media-type': 415,
  'headers-too-large': 431,
  'request-timeout': 408,
  unauthenticated: 401,
  'invalid-credentials': 401,
  'invalid-refresh-token': 401,
  'email-not-verified': 403,
  'invalid-mfa-token': 401,
  'invalid-second-factor': 401,
  'invalid-passkey': 401,
  'wrong-second-factor': 403,
  'step-up-required': 403,
  'signature-required': 401,
  'signature-invalid': 401,
  'second-factor-exists': 409,
  'no-second-factor': 409,
  'second-factor-required': 409,
  'passkey-exists': 409,
  'passkey-refused': 422,
  'invalid-sso-code': 401,
  'invalid-link-code': 403,
  'sso-failed': 401,
  'sso-request-invalid': 400,
  'sso-account-refused': 403,
  'sso-email-required': 403,
  'account-link-required': 409,
  'identity-taken': 409,
  'last-login-method': 409,
  'invalid-logout-token': 400,
  forbidden: 403,
  'insufficient-scope': 403,
  'access-token-limit': 409,
  'wrong-password': 403,
  'self-protection': 409,
  'last-administrator': 409,
  'account-active': 409,
  'one-time-token-invalid': 410,
  'mail-not-configured': 409,
  'account-without-password': 409,
  'invitation-accepted': 409,
  'email-taken': 409,
  'rate-limited': 429,
  'too-many-streams': 429,
  'service-stopping': 503,
  'service-busy': 503,
  'nextcloud-not-configured': 409,
  'account-not-linked': 409,
  'account-link-invalid': 403,
  'app-password-required': 422,
  'account-suspended': 403,
  'rotation-in-progress': 409,
  'provisioning-not-configured': 409,
  'nextcloud-user-protected': 409,
  'service-account-refused': 502,
  'nextcloud-user-not-found': 404,
  'nextcloud-group-not-found': 404,
  'nextcloud-group-exists': 409,
  'nextcloud-change-refused': 422,
  'upstream-unavailable': 502,
  'upstream-maintenance': 503,
  'upstream-timeout': 504,
  'upstream-protocol-error': 502,
  'upstream-misconfigured': 502,
  'upstream-tls-failure': 502,
  'upstream-refused-address': 422,
  'upstream-busy': 503,
  'upstream-throttled': 503,
  'nextcloud-user-exists': 409,
  'nextcloud-user-refused': 422,
  'nextcloud-password-refused': 422,
  'nextcloud-provisioning-refused': 502,
  'file-not-found': 404,
  'not-a-file': 409,
  'not-a-folder': 409,
  'file-too-large': 413,
  'range-not-satisfiable': 416,
  'resource-locked': 423,
  'precondition-required': 428,
  'file-exists': 409,
  'parent-not-found': 409,
  'etag-mismatch': 412,
  'storage-full': 507,
  'job-finished': 409,
  'unsupported-document-type': 415,
  'document-encrypted': 422,
  'document-unreadable': 422,
  'document-empty': 422,
  'document-set-aside': 422,
  'excluded-by-rule': 409,
  'job-cancelled': 409,
  'search-index-full': 503,
  'service-unavailable': 503,
  'audit-unavailable': 503,
  'internal-error': 500,
};

const REGISTRY = 'src/problem/problem-codes.ts';

/** The codes that no file of a folder writes as a string. */
function codesMissingIn(folder: string): string[] {
  const texts = sourceFiles(folder)
    .filter(({ path }) => path !== REGISTRY && !path.startsWith('test/architecture/'))
    .map(({ text }) => text);
  return Object.keys(PROBLEMS).filter((code) => !texts.some((text) => text.includes(`'${code}'`)));
}

describe('problem codes', () => {
  it('are those published, with the same status', () => {
    const registered = Object.entries(PROBLEMS).map(([code, { status }]): [string, number] => [code, status]);
    expect(Object.fromEntries(registered)).toEqual(PUBLISHED);
  });

  it('are each raised somewhere in the product', () => {
    expect(codesMissingIn('src')).toEqual([]);
  });

  it('are each expected by a test', () => {
    expect(codesMissingIn('test')).toEqual([]);
  });

  it('have a title, a meaning and a status of their class', () => {
    for (const [code, problem] of Object.entries(PROBLEMS)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(problem.title.length).toBeGreaterThan(0);
      expect(problem.meaning).toMatch(/\.$/);
      expect(problem.status).toBeGreaterThanOrEqual(400);
    }
  });
});
