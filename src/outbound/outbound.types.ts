/** A request to an upstream. */
export interface OutboundRequest {
  /** HTTP or WebDAV method, upper case. */
  readonly method: string;
  /** Absolute URL on the origin of the policy, without user information. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes can be sent again; a stream makes the request unrepeatable. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Overrides the policy's limit for this call, in bytes. */
  readonly maxBodyBytes?: number;
  /** Overrides the policy's limit for this call, in milliseconds. */
  readonly totalTimeoutMs?: number;
  /** Asks for gzip and decodes it. Default false. */
  readonly acceptsGzip?: boolean;
  /** False: sent once, whatever the method (a password attempt). Default true. */
  readonly isRepeatable?: boolean;
  /**
   * The caller, for a fair share of the slots; nobody's data depends on it. Absent: the server itself.
   */
  readonly callerId?: string | undefined;
  /** True for work that nobody waits for; it leaves slots for what somebody waits for. Default false. */
  readonly isBackground?: boolean | undefined;
  /** Requests that an upstream counts together, for example by the scheme of their credential. Default all of them. */
  readonly channel?: string | undefined;
  /** True for a question whether the upstream is well, which is asked also while it wants to be left alone. */
  readonly isProbe?: boolean | undefined;
  /** Hands a redirect to the caller, who must not follow it, in place of `upstream-misconfigured`. Default false. */
  readonly showsRedirect?: boolean;
}

/** The answer of an upstream. The caller reads the body to its end, leaves its loop early, or calls `discard`. */
export interface OutboundResponse {
  readonly status: number;
  /** Field names in lower case; repeated fields joined with a comma; `set-cookie` is dropped. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * One pass over the decoded body.
   * Fails with `upstream-timeout`, `upstream-unavailable` (cut off) or `upstream-protocol-error` (too large, bad gzip).
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection back without reading the rest. */
  readonly discard: () => void;
}

/** A server with TLS that was not good enough. */
export interface TlsRefusal {
  /** Name of its policy. */
  readonly upstream: string;
  /** For example `expired`, `self-signed`, `pin-mismatch`. */
  readonly reason: string;
}

/** What audit and metrics learn of one exchange: never a path, query, header or content. */
export interface ExchangeRecord {
  readonly policy: string;
  readonly method: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** From sending to the end of the body, in milliseconds. */
  readonly durationMs: number;
  /** Body bytes received, after decompression. */
  readonly bytes: number;
}
