/** One row of the registry: what a client sees for a code, whoever raises it. */
export interface ProblemDefinition {
  /** HTTP status code (RFC 9110 section 15). */
  readonly status: number;
  /** Short summary of the problem type; does not change between occurrences (RFC 9457 section 3.1.3). */
  readonly title: string;
  /** What happened and what the client can do about it; feeds docs/problems.md. */
  readonly meaning: string;
  /** True when the same request may succeed later without a change. */
  readonly retryable: boolean;
}

/**
 * Every problem this API can answer with. The code is the stable name a client program switches on:
 * it may be added to, never renamed or given another status (a test freezes the list).
 */
export const PROBLEMS = {
  // The request itself
  'malformed-request': problem(
    400,
    'Malformed request',
    'The request cannot be parsed: broken JSON, a bad URL encoding or a length that does not match.',
  ),
  'validation-failed': problem(
    422,
    'Validation failed',
    'A field breaks its rule. `errors` names each field by JSON Pointer (RFC 6901) or parameter name.',
  ),
  'not-found': problem(404, 'Not found', 'The resource does not exist, or the caller may not see it.'),
  'payload-too-large': problem(413, 'Payload too large', 'The body is larger than this operation accepts.'),
  'uri-too-long': problem(414, 'URI too long', 'The request target is longer than the server reads.'),
  'unsupported-media-type': problem(
    415,
    'Unsupported media type',
    'The Content-Type is not one that this operation reads.',
  ),
  'headers-too-large': problem(431, 'Header fields too large', 'The request header is larger than the server reads.'),
  'request-timeout': passing(408, 'Request timeout', 'The request did not arrive in time.'),

  // Identity
  unauthenticated: problem(
    401,
    'Authentication required',
    'The access token is missing, expired, malformed or its session has ended. Refresh or log in again.',
  ),
  'invalid-credentials': problem(
    401,
    'Invalid credentials',
    'The address or the password is wrong, or the account cannot log in. The answer does not tell which.',
  ),
  'invalid-refresh-token': problem(
    401,
    'Invalid refresh token',
    'The refresh token is unknown, expired, already used or its session has ended. Log in again.',
  ),
  'email-not-verified': problem(
    403,
    'Address not verified',
    'The address of the account is not verified yet: follow the link in the mail, or ask for another one.',
  ),
  'invalid-mfa-token': problem(
    401,
    'Invalid login step',
    'The mfa_token is unknown, used, expired or was used with too many wrong codes, or the account has changed. Log in again.',
  ),
  'invalid-second-factor': problem(
    401,
    'Invalid second factor',
    'The code is wrong or was used before. After five wrong codes the mfa_token is refused.',
  ),
  'invalid-passkey': problem(
    401,
    'Invalid passkey',
    'The passkey is unknown, its answer does not fit the question, or the account cannot log in.',
  ),
  'wrong-second-factor': problem(
    403,
    'Wrong second factor',
    'The code or passkey given to confirm this is wrong or was used before.',
  ),
  'step-up-required': problem(
    403,
    'Fresh proof of identity required',
    'This change requires a proof of identity that is a few minutes old at most: POST /api/auth/step-up, then try again.',
  ),
  'signature-required': problem(
    401,
    'Signature required',
    'This server accepts the request only when it is signed (RFC 9421); docs/request-signing.md says how.',
  ),
  'signature-invalid': problem(
    401,
    'Invalid signature',
    'The signature is malformed, too old, was used before, was made with an unknown key, or does not cover this request.',
  ),
  'second-factor-exists': problem(
    409,
    'Second factor already set up',
    'The account has a confirmed authenticator app, which must be removed first; or a login need not set one up any more.',
  ),
  'no-second-factor': problem(
    409,
    'No second factor',
    'This requires a second factor, or one that is being set up, and the account has none.',
  ),
  'second-factor-required': problem(
    409,
    'Second factor required',
    'The last second factor cannot be removed: this server asks the account for one. Set up another one first.',
  ),
  'passkey-exists': problem(409, 'Passkey already registered', 'This passkey is registered already.'),
  'passkey-refused': problem(
    422,
    'Passkey refused',
    'The registration is unknown, used or expired, or the answer of the authenticator does not fit it.',
  ),
  'invalid-sso-code': problem(
    401,
    'Invalid sign-on code',
    'The one-time code or token of a single sign-on is unknown, used, expired or not for this client. Sign on again.',
  ),
  'invalid-link-code': problem(
    403,
    'Invalid link code',
    'The code of a link is unknown, used, expired or was made in another session. Begin the link again.',
  ),
  'sso-failed': problem(
    401,
    'Single sign-on failed',
    'The provider refused, could not be reached, or what it answered does not prove who logged in.',
  ),
  'sso-request-invalid': problem(
    400,
    'Unknown single sign-on',
    'This browser has no sign-on under way that fits: it took too long, was finished before, or began elsewhere.',
  ),
  'sso-account-refused': problem(
    403,
    'No account for this identity',
    'The account is deactivated, or this server opens no account for users of the provider.',
  ),
  'sso-email-required': problem(
    403,
    'Address required',
    'The provider tells no e-mail address, and an account needs one.',
  ),
  'account-link-required': problem(
    409,
    'Account must be linked',
    'An account has the address of this identity already. Confirm with its password, or log in to it and link the provider from there.',
  ),
  'identity-taken': problem(409, 'Identity already linked', 'The identity belongs to an account already.'),
  'last-login-method': problem(
    409,
    'Last way to log in',
    'Without this identity nobody could log in to the account. Set a password or link another provider first.',
  ),
  'invalid-logout-token': problem(
    400,
    'Invalid logout token',
    'The logout token was not issued by this provider for this server, is expired or was used before.',
  ),
  forbidden: problem(403, 'Forbidden', 'The account may not do this.'),
  'insufficient-scope': problem(
    403,
    'Insufficient scope',
    'The personal access token lacks the scope of this operation, or the operation is for sessions only.',
  ),
  'access-token-limit': problem(
    409,
    'Too many personal access tokens',
    'The account has as many personal access tokens as it may have. Delete one that is no longer used.',
  ),
  'wrong-password': problem(403, 'Wrong password', 'The current password given to confirm this change is wrong.'),
  'self-protection': problem(
    409,
    'Not on your own account',
    'Administration of the own role or activation, or deleting the own account for good, is left to another administrator.',
  ),
  'last-administrator': problem(
    409,
    'Last administrator',
    'The account is the only active administrator. Make another one first.',
  ),
  'account-active': problem(409, 'Account is active', 'Only a deactivated account can be deleted for good.'),
  'one-time-token-invalid': problem(
    410,
    'Link no longer valid',
    'The token of the link is expired, was used, was replaced by a newer one or never existed. Ask for another one.',
  ),
  'mail-not-configured': problem(
    409,
    'Mail is not configured',
    'The operator has not set EMAIL_SMTP_HOST, so this server cannot send the mail that this needs.',
  ),
  'account-without-password': problem(
    409,
    'Account without a password',
    'The account has not accepted its invitation, or logs in through another issuer: there is no password to reset.',
  ),
  'invitation-accepted': problem(
    409,
    'Nothing to accept',
    'The account is open already or deactivated, so there is no invitation to send.',
  ),
  'email-taken': problem(409, 'Address already in use', 'Another account uses this e-mail address.'),
  'rate-limited': passing(
    429,
    'Too many requests',
    'A limit is reached. Retry after the seconds in the Retry-After header.',
  ),
  'too-many-streams': passing(
    429,
    'Too many streams',
    'The account, or the server, has as many event streams open as it may. Close one, or ask for the job itself.',
  ),
  'service-stopping': passing(
    503,
    'Server is stopping',
    'The server stops before the work of this request can end. Nothing was changed; another one, or the next start, answers.',
  ),
  'service-busy': passing(
    503,
    'Service busy',
    'The server has more work than it can do now. Retry after the seconds in the Retry-After header.',
  ),

  // Nextcloud and other upstream servers
  'nextcloud-not-configured': problem(
    409,
    'Nextcloud is not configured',
    'The operator has not set NEXTCLOUD_URL, so no account can be linked.',
  ),
  'account-not-linked': problem(
    409,
    'No linked Nextcloud account',
    'Link a Nextcloud account first: POST /api/integrations/nextcloud/link.',
  ),
  'account-link-invalid': problem(
    403,
    'Linked account refused',
    'Nextcloud refuses the stored or given app password. Link the account again.',
  ),
  'app-password-required': problem(
    422,
    'App password required',
    'This is the password of the user, and Nextcloud gives no app password for it. Make one in Nextcloud: Personal settings, Security.',
  ),
  'account-suspended': problem(
    403,
    'Nextcloud account disabled',
    'The Nextcloud account is disabled there. It works again once its administrator enables it.',
  ),
  'rotation-in-progress': passing(
    409,
    'Rotation in progress',
    'The app password of the account is being rotated by another request. Read the account again in a moment.',
  ),
  'provisioning-not-configured': problem(
    409,
    'Provisioning is not configured',
    'The operator has not set NEXTCLOUD_ADMIN_USER and NEXTCLOUD_ADMIN_PASSWORD, so Nextcloud users cannot be managed.',
  ),
  'nextcloud-user-protected': problem(
    409,
    'Nextcloud user protected',
    'The service account of this server and administrators of Nextcloud are changed in Nextcloud itself.',
  ),
  'service-account-refused': problem(
    502,
    'Service account refused',
    'Nextcloud refuses NEXTCLOUD_ADMIN_USER with NEXTCLOUD_ADMIN_PASSWORD. No further attempt is made until the server is restarted with others or half an hour is over.',
  ),
  'nextcloud-user-not-found': problem(
    404,
    'Nextcloud user not found',
    'There is no such Nextcloud user, or the service account may not see it.',
  ),
  'nextcloud-group-not-found': problem(404, 'Nextcloud group not found', 'There is no such group in Nextcloud.'),
  'nextcloud-group-exists': problem(409, 'Nextcloud group exists', 'Nextcloud already has a group with this id.'),
  'nextcloud-change-refused': problem(
    422,
    'Nextcloud change refused',
    'Nextcloud does not take the value, or took it and stores another. What it stores is unchanged or shown by a read.',
  ),
  'upstream-unavailable': passing(502, 'Upstream unavailable', 'A server this answer depends on cannot be reached.'),
  'upstream-maintenance': passing(
    503,
    'Nextcloud in maintenance',
    'Nextcloud is in maintenance mode. Jobs wait and go on when it is over.',
  ),
  'upstream-timeout': passing(504, 'Upstream timeout', 'A server this answer depends on did not answer in time.'),
  'upstream-protocol-error': problem(
    502,
    'Upstream answered wrongly',
    'A server this answer depends on sent something that cannot be understood.',
  ),
  'upstream-misconfigured': problem(
    502,
    'Upstream misconfigured',
    'A server this answer depends on redirects, shows a web page or does not know our host name.',
  ),
  'upstream-tls-failure': problem(
    502,
    'Upstream certificate refused',
    'The TLS certificate of an upstream server cannot be trusted.',
  ),
  'upstream-refused-address': problem(
    422,
    'Address not allowed',
    'The host is not one that this server may connect to.',
  ),
  'upstream-busy': passing(
    503,
    'Upstream busy',
    'The upstream server is overloaded or has failed repeatedly; it is left alone for a while.',
  ),
  'upstream-throttled': passing(
    503,
    'Upstream throttles this server',
    'Nextcloud refuses logins from the address of this server for now.',
  ),

  'nextcloud-user-exists': problem(409, 'Nextcloud user exists', 'Nextcloud already has a user with this id.'),
  'nextcloud-user-refused': problem(
    422,
    'Nextcloud user refused',
    'Nextcloud does not accept the user id, the group or the address.',
  ),
  'nextcloud-password-refused': problem(
    422,
    'Nextcloud password refused',
    'The password does not satisfy the policy of the Nextcloud server.',
  ),
  'nextcloud-provisioning-refused': problem(
    502,
    'Nextcloud provisioning refused',
    'The service account of this server may not manage users on Nextcloud.',
  ),

  // Files
  'file-not-found': problem(404, 'File not found', 'There is no such file or folder in the linked account.'),
  'not-a-file': problem(409, 'Not a file', 'The path names a folder.'),
  'not-a-folder': problem(409, 'Not a folder', 'The path names a file.'),
  'file-too-large': problem(413, 'File too large', 'The file is larger than this operation reads.'),
  'range-not-satisfiable': problem(416, 'Range not satisfiable', 'The range lies beyond the end of the file.'),
  'resource-locked': passing(
    423,
    'Resource locked',
    'The file is being read or written by somebody else. Retry in a moment.',
  ),
  'precondition-required': problem(
    428,
    'Condition required',
    'The change says neither which version it is meant for (If-Match) nor that there must be none (If-None-Match: *).',
  ),
  'file-exists': problem(409, 'Path already in use', 'There is a file or folder at this path already.'),
  'parent-not-found': problem(
    409,
    'No such folder to write in',
    'The folder above this path does not exist, or is a file. Make it first: POST /api/integrations/files/folders.',
  ),
  'etag-mismatch': problem(412, 'Resource has changed', 'The resource is no longer the version that If-Match names.'),
  'storage-full': problem(507, 'Storage full', 'The quota of the account does not allow this write.'),

  // Work in the background, documents
  'job-finished': problem(409, 'Job already ended', 'The job has ended and cannot be cancelled any more.'),
  'unsupported-document-type': problem(
    415,
    'Unsupported document type',
    'Only PDF, plain text and Markdown can be indexed.',
  ),
  'document-encrypted': problem(422, 'Document encrypted', 'The document asks for a password and cannot be read.'),
  'document-unreadable': problem(422, 'Document unreadable', 'The file is damaged or is not of the type it is named.'),
  'document-empty': problem(422, 'Document empty', 'The document holds no text.'),
  'document-set-aside': problem(
    422,
    'Document set aside',
    'Reading the document failed or took too much time or memory several times. Ask for it again to retry.',
  ),
  'excluded-by-rule': problem(
    409,
    'Excluded by a rule',
    'A rule keeps the file out of the index: GET /api/integrations/files/index-state tells which.',
  ),
  'job-cancelled': problem(409, 'Job cancelled', 'The job was cancelled before it ended.'),
  'search-index-full': problem(
    503,
    'Search index full',
    'The documents of this account do not fit into the memory of the search index.',
  ),

  // Ours
  'service-unavailable': passing(
    503,
    'Service unavailable',
    'The database cannot be reached, or the server is stopping.',
  ),
  'audit-unavailable': passing(
    503,
    'Audit trail unavailable',
    'What the request does cannot be recorded, so nothing was done.',
  ),
  'internal-error': passing(
    500,
    'Internal error',
    'The server failed unexpectedly. The request id leads to the line in its log.',
  ),
} as const satisfies Record<string, ProblemDefinition>;

/** Stable name of a problem type, the last segment of its `type` URI. */
export type ProblemCode = keyof typeof PROBLEMS;

function problem(status: number, title: string, meaning: string): ProblemDefinition {
  return { status, title, meaning, retryable: false };
}

/** A problem that may be gone when the same request is sent again. */
function passing(status: number, title: string, meaning: string): ProblemDefinition {
  return { status, title, meaning, retryable: true };
}
