/** Liveness: the process answers. */
export class HealthResponse {
  /** @example "healthy" */
  status!: 'healthy';

  /**
   * Version of the server.
   * @example "0.1.0"
   */
  version!: string;

  /**
   * Time of the answer (RFC 3339).
   * @example "2026-11-22T10:00:00.000Z"
   */
  timestamp!: string;

  /**
   * Seconds since the process started.
   * @example 3600
   */
  uptime!: number;
}

/** One dependency as the last probe saw it. */
export class DependencyResponse {
  /**
   * up, down or not_configured.
   * @example "up"
   */
  status!: 'up' | 'down' | 'not_configured';

  /** Whether the server can do nothing without it. */
  required!: boolean;

  /**
   * Milliseconds the probe took.
   * @example 4
   */
  response_time_ms!: number;
}

/** Readiness: what this server depends on. */
export class ReadinessResponse {
  /**
   * ready; degraded when an optional dependency is down; not_ready when a required one is, or when the server stops.
   * @example "ready"
   */
  status!: 'ready' | 'degraded' | 'not_ready';

  /**
   * true when the dependency answers, false when not, null when it is not configured. Empty while the server stops.
   * @example { "postgres": true, "redis": null, "qdrant": null, "nextcloud": true }
   */
  checks!: Record<string, boolean | null>;

  /** Each dependency in detail. */
  details!: Record<string, DependencyResponse>;

  /**
   * Time of the answer (RFC 3339).
   * @example "2026-11-22T10:00:00.000Z"
   */
  timestamp!: string;
}
