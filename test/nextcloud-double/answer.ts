/** What a handler wants to send; the transport adds noise headers, compression and the configured faults. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Iterable<string | Buffer>;
  /** Called exactly once when the answer left completely or its connection died; releases file locks. */
  readonly onClosed?: () => void;
}

/** @returns JSON with the escaped slashes PHP writes by default. */
export function phpJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', '\\/');
}

/** @returns a JSON answer. */
export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: phpJson(value) };
}

/** @returns an HTML page with a title, as the login page, the error pages and reverse proxies send it. */
export function htmlAnswer(status: number, title: string): Answer {
  const page = `<!DOCTYPE html>\n<html class="ng-csp" lang="en"><head><title>${title}</title></head><body>${title}</body></html>\n`;
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: page };
}
