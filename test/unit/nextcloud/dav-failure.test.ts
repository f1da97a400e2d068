// What a failed answer of a Nextcloud means: by status and exception class, never by translated text.
import { describe, expect, it } from '@jest/globals';
import { findEtag } from '../../../src/nextcloud/dav/dav-etag.ts';
import { davFailure, evaluateNextcloudFailure } from '../../../src/nextcloud/dav/dav-failure.ts';
import { findSabreException } from '../../../src/nextcloud/dav/sabre-exception.ts';

const sabre = (exception: string, message = ''): string =>
  `<?xml version="1.0" encoding="utf-8"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">
  <s:exception>${exception}</s:exception><s:message>${message}</s:message></d:error>`;
const HTML = '<html><body>Log in</body></html>';

it.each([
  [401, sabre('Sabre\\DAV\\Exception\\NotAuthenticated'), 'account-link-invalid'],
  [401, HTML, 'account-link-invalid'],
  [
    503,
    sabre('Sabre\\DAV\\Exception\\ServiceUnavailable', 'OC\\User\\LoginException: User disabled'),
    'account-suspended',
  ],
  [
    503,
    sabre('Sabre\\DAV\\Exception\\ServiceUnavailable', 'OC\\User\\LoginException: Benutzer deaktiviert'),
    'account-suspended',
  ],
  [500, sabre('OC\\User\\LoginException', 'Benutzer deaktiviert'), 'account-suspended'],
  [503, sabre('Sabre\\DAV\\Exception\\ServiceUnavailable', 'User disabled'), 'upstream-unavailable'],
  [503, sabre('OCA\\DAV\\Exception\\ServerMaintenanceMode', 'System is in maintenance mode.'), 'upstream-maintenance'],
  [503, HTML, 'upstream-unavailable'],
  [500, '', 'upstream-unavailable'],
  [502, HTML, 'upstream-unavailable'],
  [504, HTML, 'upstream-timeout'],
  [500, sabre('OCP\\Lock\\LockedException'), 'resource-locked'],
  [423, sabre('OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked'), 'resource-locked'],
  [429, sabre('OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests'), 'upstream-throttled'],
  [404, sabre('Sabre\\DAV\\Exception\\NotFound'), 'file-not-found'],
  [404, HTML, 'upstream-misconfigured'],
  [403, sabre('Sabre\\DAV\\Exception\\Forbidden'), 'forbidden'],
  [403, HTML, 'upstream-misconfigured'],
  [400, sabre('OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath'), 'validation-failed'],
  [400, '{"error": "Trusted domain error.", "code": 15}', 'upstream-misconfigured'],
  [400, HTML, 'upstream-misconfigured'],
  [412, sabre('Sabre\\DAV\\Exception\\PreconditionFailed'), 'etag-mismatch'],
  [416, '', 'range-not-satisfiable'],
  [507, sabre('Sabre\\DAV\\Exception\\InsufficientStorage'), 'storage-full'],
  [200, HTML, 'upstream-misconfigured'],
  [418, '', 'upstream-protocol-error'],
])('%d with %s is %s', (status, bodyText, code) => {
  expect(davFailure({ status, headers: {}, bodyText }, 'test').code).toBe(code);
});

describe('a failure', () => {
  it('carries Retry-After, half an hour for the throttle, and the current entity tag of a 412', () => {
    expect(
      davFailure({ status: 503, headers: { 'retry-after': '120' }, bodyText: '' }, 'test').options.retryAfterSeconds,
    ).toBe(120);
    expect(
      davFailure({ status: 503, headers: { 'retry-after': '999999' }, bodyText: '' }, 'test').options.retryAfterSeconds,
    ).toBe(3_600);
    expect(davFailure({ status: 429, headers: {}, bodyText: '' }, 'test').options.retryAfterSeconds).toBe(1_800);
    expect(davFailure({ status: 412, headers: { etag: '"now"' }, bodyText: '' }, 'test').options.headers).toEqual({
      ETag: '"now"',
    });
  });

  it("holds nothing of the server's text", () => {
    const error = davFailure(
      { status: 404, headers: {}, bodyText: sabre('X\\Y; <secret>', 'File //patient-x not found') },
      'test',
    );
    expect(JSON.stringify([error.message, error.options])).not.toMatch(/patient|secret/);
  });
});

it('a disabled user does not count against the server, maintenance does, other trouble is tried again', () => {
  const judge = (status: number, bodyText: string, headers = {}) =>
    evaluateNextcloudFailure({ status, headers, bodyText });
  expect(judge(503, sabre('X', 'OC\\User\\LoginException: User disabled'))).toBe('answer');
  expect(judge(503, sabre('OCA\\DAV\\Exception\\ServerMaintenanceMode'))).toBe('maintenance');
  expect(judge(503, '{}', { 'x-nextcloud-maintenance-mode': '1' })).toBe('maintenance');
  expect(judge(503, HTML)).toBe('retry');
  expect(judge(502, '')).toBe('retry');
  expect(judge(500, sabre('Sabre\\DAV\\Exception', 'one file'))).toBe('answer');
  expect(judge(500, HTML)).toBe('outage');
});

it('an exception is found in a body that is cut off, and not in a hostile one', () => {
  const body = sabre('A\\B', 'message');
  expect(findSabreException(body.slice(0, -20))).toEqual({ exception: 'A\\B', message: 'message' });
  expect(findSabreException(`<!DOCTYPE x [<!ENTITY a "b">]>${body}`)).toBeNull();
  expect(findSabreException(HTML)).toBeNull();
  expect(findSabreException('')).toBeNull();
});

it.each([
  ['"abc"', '"abc"'],
  ['abc', '"abc"'],
  [' "abc" ', '"abc"'],
  ['W/"abc"', 'W/"abc"'],
  ['"abc-gzip"', '"abc"'],
  ['""', null],
  ['', null],
  [undefined, null],
  ['"a"b"', null],
  ['"a\r\nX: y"', null],
  [`"${'a'.repeat(300)}"`, null],
])('the entity tag %j is %j', (value, expected) => {
  expect(findEtag(value)).toBe(expected);
});
