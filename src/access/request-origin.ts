import { AsyncLocalStorage } from 'node:async_hooks';

/** Where a piece of work comes from; goes into the audit trail and the log. */
export interface RequestOrigin {
  /** X-Request-ID of the request, or the id of the job. */
  readonly requestId: string;
  /** Address of the client after trusted proxies; null for background work. */
  readonly address: string | null;
  /** User-Agent, at most 255 characters without control characters; null when none was sent. */
  readonly userAgent: string | null;
}

const storage = new AsyncLocalStorage<RequestOrigin>();
const NOWHERE: RequestOrigin = { requestId: 'server', address: null, userAgent: null };

/** The origin of what is running now. */
export function currentOrigin(): RequestOrigin {
  return storage.getStore() ?? NOWHERE;
}

/** Runs `work`, and all it causes, under an origin. */
export function withOrigin<Result>(origin: RequestOrigin, work: () => Result): Result {
  return storage.run(origin, work);
}
