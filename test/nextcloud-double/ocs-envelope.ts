import { phpJson } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { escapeXml } from './xml-text.ts';

/** What an OCS handler returns: a code of the OCS world, rendered differently by v1 and v2. */
export interface OcsResult {
  /** 200 is success; 997 unauthorised; 998 not found; 996 server error; 100-series codes belong to the operation. */
  readonly code: number;
  readonly message?: string;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @returns the version in the path, 1 or 2. */
export function ocsVersionOf(exchange: Exchange): 1 | 2 {
  return exchange.path.startsWith('/ocs/v1.php') ? 1 : 2;
}

/** v1 answers HTTP 200 for nearly every failure; v2 maps the code to an HTTP status and keeps it in the body. */
export function ocsAnswer(exchange: Exchange, result: OcsResult): Answer {
  // Apache leaves nothing of the envelope.
  if (result.code === 304) return { status: 304, headers: result.headers ?? {} };
  const isOk = result.code === 200;
  const version = ocsVersionOf(exchange);
  const meta = {
    status: isOk ? 'ok' : 'failure',
    statuscode: metaCode(version, result.code),
    message: isOk ? 'OK' : (result.message ?? ''),
    ...(version === 1 ? { totalitems: '', itemsperpage: '' } : {}),
  };
  const isJson = wantsJson(exchange);
  const document = { ocs: { meta, data: result.data ?? [] } };
  const body = isJson ? phpJson(document) : `<?xml version="1.0"?>\n${elements(document, '')}`;
  const type = isJson ? 'application/json; charset=utf-8' : 'application/xml; charset=utf-8';
  return { status: httpStatus(version, result.code), headers: { 'Content-Type': type, ...result.headers }, body };
}

/** A refused password is answered in XML even to clients that asked for JSON. */
export function unauthorisedXml(): Answer {
  const meta = ` <meta>\n  <status>failure</status>\n  <statuscode>997</statuscode>\n  <message>Unauthorised</message>\n </meta>\n`;
  return {
    status: 401,
    headers: { 'Content-Type': 'text/xml; charset=UTF-8', 'WWW-Authenticate': 'Basic realm="Authorisation Required"' },
    body: `<?xml version="1.0"?>\n<ocs>\n${meta} <data/>\n</ocs>\n`,
  };
}

function wantsJson(exchange: Exchange): boolean {
  const format = exchange.query.get('format');
  if (format !== null) return format === 'json';
  return /\bapplication\/json\b/.test(exchange.header('accept') ?? '');
}

function metaCode(version: 1 | 2, code: number): number {
  if (version === 1) return code === 200 ? 100 : code;
  return code === 996 ? 500 : code;
}

function httpStatus(version: 1 | 2, code: number): number {
  if (code === 997) return 401;
  if (version === 1) return 200;
  if (code === 998) return 404;
  if (code === 996 || code === 999) return 500;
  return code < 200 || code > 600 ? 400 : code;
}

function elements(value: object, indent: string): string {
  const isList = Array.isArray(value);
  return Object.entries(value)
    .map(([key, child]: [string, unknown]) => element(isList ? 'element' : key, child, indent))
    .join('');
}

function element(name: string, value: unknown, indent: string): string {
  if (typeof value === 'object' && value !== null) {
    if (Object.keys(value).length === 0) return `${indent}<${name}/>\n`;
    return `${indent}<${name}>\n${elements(value, `${indent} `)}${indent}</${name}>\n`;
  }
  if (typeof value === 'string' || typeof value === 'number') {
    return `${indent}<${name}>${escapeXml(String(value))}</${name}>\n`;
  }
  return value === true ? `${indent}<${name}>1</${name}>\n` : `${indent}<${name}/>\n`;
}
