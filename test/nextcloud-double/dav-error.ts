import type { Answer } from './answer.ts';
import { escapeXml } from './xml-text.ts';

/** What a DAV handler throws; rendered as the `d:error` body of sabre/dav. */
export class DavError extends Error {
  readonly status: number;
  /** The PHP exception class, as it appears in `s:exception`. */
  readonly exception: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Further XML inside `d:error`. */
  readonly detailXml: string;

  constructor(
    status: number,
    exception: string,
    fields: { message: string; headers?: Record<string, string>; detailXml?: string },
  ) {
    super(fields.message);
    this.status = status;
    this.exception = exception;
    this.headers = fields.headers ?? {};
    this.detailXml = fields.detailXml ?? '';
  }
}

/** @returns the error as the server writes it. */
export function davErrorAnswer(error: DavError): Answer {
  const message = error.message === '' ? '  <s:message/>\n' : `  <s:message>${escapeXml(error.message)}</s:message>\n`;
  const body =
    '<?xml version="1.0" encoding="utf-8"?>\n<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"' +
    `${error.detailXml.includes('<o:') ? ' xmlns:o="http://owncloud.org/ns"' : ''}>\n` +
    `  <s:exception>${error.exception}</s:exception>\n${message}${error.detailXml}</d:error>\n`;
  return {
    status: error.status,
    headers: { 'Content-Type': 'application/xml; charset=utf-8', ...error.headers },
    body,
  };
}

const ALLOWED_METHODS = 'OPTIONS, GET, HEAD, DELETE, PROPFIND, PUT, PROPPATCH, COPY, MOVE, REPORT';

export function badRequest(message: string): DavError {
  return new DavError(400, 'Sabre\\DAV\\Exception\\BadRequest', { message });
}

export function invalidPath(message: string): DavError {
  const detailXml = `  <o:retry xmlns:o="o:">false</o:retry>\n  <o:reason xmlns:o="o:">${message}</o:reason>\n`;
  return new DavError(400, 'OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath', { message, detailXml });
}

export function notAuthenticated(message: string): DavError {
  const headers = { 'WWW-Authenticate': 'Basic realm="Nextcloud", charset="UTF-8"' };
  return new DavError(401, 'Sabre\\DAV\\Exception\\NotAuthenticated', { message, headers });
}

export function forbidden(message: string): DavError {
  return new DavError(403, 'Sabre\\DAV\\Exception\\Forbidden', { message });
}

export function notFound(message: string): DavError {
  return new DavError(404, 'Sabre\\DAV\\Exception\\NotFound', { message });
}

export function methodNotAllowed(message: string): DavError {
  return new DavError(405, 'Sabre\\DAV\\Exception\\MethodNotAllowed', { message, headers: { Allow: ALLOWED_METHODS } });
}

export function conflict(message: string): DavError {
  return new DavError(409, 'Sabre\\DAV\\Exception\\Conflict', { message });
}

export function preconditionFailed(header: string, message: string, currentEtag?: string): DavError {
  const headers: Record<string, string> = currentEtag === undefined ? {} : { ETag: `"${currentEtag}"` };
  const detailXml = `  <s:header>${header}</s:header>\n`;
  return new DavError(412, 'Sabre\\DAV\\Exception\\PreconditionFailed', { message, headers, detailXml });
}

export function fileLocked(path: readonly string[]): DavError {
  const message = `"${path.join('/')}" is locked`;
  return new DavError(423, 'OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked', { message });
}

/** A locked file answers MOVE with a bare 500 instead of 423. */
export function lockedOnMove(path: readonly string[]): DavError {
  return new DavError(500, 'OCP\\Lock\\LockedException', { message: `"${path.join('/')}" is locked` });
}

export function tooManyRequests(): DavError {
  const detailXml = '  <o:hint xmlns:o="o:">too many requests</o:hint>\n';
  return new DavError(429, 'OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests', { message: '', detailXml });
}

export function notImplemented(method: string): DavError {
  const message = `There was no plugin in the system that was willing to handle this ${method} method.`;
  return new DavError(501, 'Sabre\\DAV\\Exception\\NotImplemented', { message });
}

/** A disabled user's Basic credential gets 503, his Bearer token 500. */
export function userDisabled(isBearer: boolean): DavError {
  if (isBearer) return new DavError(500, 'OC\\User\\LoginException', { message: 'User disabled' });
  const message = 'OC\\User\\LoginException: User disabled';
  return new DavError(503, 'Sabre\\DAV\\Exception\\ServiceUnavailable', { message });
}

export function maintenanceMode(): DavError {
  const message = 'System is in maintenance mode.';
  return new DavError(503, 'OCA\\DAV\\Exception\\ServerMaintenanceMode', { message });
}

export function insufficientStorage(path: readonly string[], bytes: { required: number; available: number }): DavError {
  const message = `Insufficient space in //${path.join('/')}, ${bytes.required} required, ${bytes.available} available`;
  return new DavError(507, 'Sabre\\DAV\\Exception\\InsufficientStorage', { message });
}
