/** An answer to give instead of the real one, for a path and a number of times. */
export interface ScriptedAnswer {
  /** Compared with the raw path: a string must occur in it, an expression must match. */
  readonly path: string | RegExp;
  readonly method?: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** How often; default 1. */
  times?: number;
}

/** Requests that wait for a word of the test. */
export interface HeldRequests {
  /** Occurs in the raw path. */
  readonly path: string;
  readonly until: Promise<unknown>;
}

/** Documents a hostile server could send in place of a DAV body. */
export type HostileXml =
  | 'entity-bomb'
  | 'external-entity'
  | 'deep-nesting'
  | 'huge-text'
  | 'many-attributes'
  | 'endless'
  | 'foreign-hrefs'
  | 'wrong-root'
  | 'not-well-formed'
  | 'empty';

/** Everything that can be made to go wrong. All fields may be changed at any time; {@link reset} restores the defaults. */
export class Faults {
  isInMaintenance = false;
  needsDbUpgrade = false;
  isDatabaseDown = false;
  /** Every request gets the 400 of a Host that is not in trusted_domains. */
  isHostUntrusted = false;
  /** Every request is redirected to this origin with its path kept; null is off. */
  redirectTo: string | null = null;
  /** Every request gets a 200 HTML login page, as a reverse proxy with its own sign-on answers. */
  showsHtmlLogin = false;
  /** Response bodies trickle at this rate; null is off. */
  slowBytesPerSecond: number | null = null;
  /** The connection is cut after this many body bytes, whatever Content-Length promised; null is off. */
  truncateBodyAfterBytes: number | null = null;
  /** Requests are accepted and never answered. */
  hangs = false;
  /** Requests are logged at once and answered when the promise resolves, see NextcloudDouble.hold; null is off. */
  held: HeldRequests | null = null;
  /** Every request gets 503 with this Retry-After in seconds; null is off. */
  retryAfter503Seconds: number | null = null;
  /** How PROPFIND with Depth: infinity is met: Apache's mod_dav forbids it, others say 501. */
  depthInfinity: 'allowed' | 'forbidden' | 'not-implemented' = 'allowed';
  /** DAV answers 207 with this instead of the listing; null is off. */
  hostileXml: HostileXml | null = null;
  /** Added to the clock: Date header, modification times, token expiry. */
  serverTimeSkewSeconds = 0;
  /** The server knows Basic only: every Bearer credential gets 401. */
  isBearerUnsupported = false;
  /** A proxy takes the Authorization header out of every request. */
  stripsAuthorization = false;
  /** A proxy or firewall answers 405 to PROPFIND. */
  blocksPropfind = false;
  isNotInstalled = false;
  /** What the server says its version is. */
  version = '27.1.10';
  /** Scheme and host that absolute links are built with, as overwritehost and overwriteprotocol set them; null is the Host of the request. */
  linkOrigin: string | null = null;
  /** The app for OAuth 2.0 clients is disabled. */
  isOAuth2AppOff = false;
  /** No user has a calendar. */
  hasNoCalendars = false;
  /** The app `activity` is not installed. */
  isActivityOff = false;
  /** Answers that win over the real ones, each for a number of times. */
  readonly scripted: ScriptedAnswer[] = [];

  /** Answers 429 to the next `times` requests whose path contains `path`. */
  tooManyRequests(path: string, times: number): void {
    this.scripted.push({ path, times, status: 429 });
  }

  reset(): void {
    const { scripted } = this;
    scripted.length = 0;
    Object.assign(this, new Faults(), { scripted });
  }
}
