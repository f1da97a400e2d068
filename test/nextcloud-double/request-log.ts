/** One request as the server saw it, for tests that assert who asked for what, how often and with which credential. */
export interface RequestRecord {
  readonly method: string;
  /** The raw path without the query string, percent-encoding untouched. */
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly authorizationScheme: 'basic' | 'bearer' | 'other' | null;
  /** The login name of a Basic credential, right or wrong. */
  readonly loginName: string | null;
  /** Every header as it arrived, without Authorization and Cookie. */
  readonly headers: Readonly<Record<string, string>>;
  readonly depth: string | null;
  readonly hasCookie: boolean;
  /** Where the request came from: tells whether a connection was reused. */
  readonly clientPort: number;
  readonly receivedAtMs: number;
  /** The user the credential belongs to; null when there was none or it was refused. */
  authenticatedUid: string | null;
  /** Whether the credential was an app password; null when no credential was accepted. */
  usedAppPassword: boolean | null;
  /** The brute-force delay a real server would have slept, in milliseconds. */
  throttleDelayMs: number;
  requestBytes: number;
  responseBytes: number;
  /** The status sent; 0 while unanswered and for requests that are never answered. */
  status: number;
}
