// Paths inside a user's files: what is accepted, its one form, and what comes back in hrefs.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { davHome, findPathOfHref } from '../../../src/nextcloud/dav/dav-href.ts';
import { davPath, encodeDavPath } from '../../../src/nextcloud/dav/dav-path.ts';

const home = davHome('https://cloud.example/nextcloud/', "o'neil@x y");

describe('a path of a request', () => {
  it.each([
    ['docs/a.txt', '/docs/a.txt'],
    ['/docs/', '/docs'],
    ['', '/'],
    ['/', '/'],
    ['/e\u0301.txt', '/\u00e9.txt'],
    ['/100% sure.txt', '/100% sure.txt'],
    ['/a%2Fb', '/a%2Fb'],
    ['/...', '/...'],
    ['/.hidden', '/.hidden'],
    ['/a..b/c.', '/a..b/c.'],
    ['/#?&+<>\'"😀 ', '/#?&+<>\'"😀 '],
  ])('%j becomes %j', (input, expected) => {
    expect(davPath(input)).toBe(expected);
  });

  it.each([
    '..',
    '/../x',
    '/a/../b',
    '/a/..',
    '/./a',
    '/%2e%2e/x',
    '/a/%2E%2e/b',
    '/%252e%252e/x',
    '/%25252e%25252e',
    '/.%2e/x',
    '/a%2f..%2fb',
    '/a%5c..%5cb',
    '/..%00/x',
    '/%c0%ae%c0%ae/x',
    '/%e0%80%ae./x',
    '/..%c0%afx',
    '/a\\b',
    '/a\0b',
    '/a\nb',
    '/a\u007fb',
    '/a//b',
    '/\ud800',
    `/${'a'.repeat(251)}`,
    `/${'ä'.repeat(126)}`,
    `/${'a/'.repeat(2_001)}`,
    `/%${'25'.repeat(7)}2e`,
  ])('%j is refused as an invalid parameter', (input) => {
    expect(() => davPath(input)).toThrow(
      expect.objectContaining({
        code: 'validation-failed',
        options: { errors: [{ parameter: 'path', detail: expect.any(String) }] },
      }),
    );
  });

  it('accepts a name of 250 bytes', () => {
    expect(davPath('a'.repeat(250))).toHaveLength(251);
  });

  it('never leaves the home, whatever the text (property)', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '/',
      '%2e',
      '%2E',
      '%252e',
      '%2f',
      '%5c',
      'a',
      '%',
      '25',
      '\u0000',
      '\\',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let path: string;
        try {
          path = davPath(pieces.join(''));
        } catch {
          return;
        }
        const url = new URL(home.url + encodeDavPath(path));
        expect(url.pathname.startsWith("/nextcloud/remote.php/dav/files/o'neil%40x%20y")).toBe(true);
        expect(findPathOfHref(url.pathname, home, 'test')).toBe(path);
      }),
    );
  });
});

describe('an href of a listing', () => {
  const prefix = '/nextcloud/remote.php/dav/files/o%27neil%40x%20y';

  it.each([
    [`${prefix}/`, '/'],
    [prefix, '/'],
    [`${prefix}/docs/`, '/docs'],
    [`${prefix}/%c3%bc%27%2a%28%23%3f%25.txt`, "/ü'*(#?%.txt"],
    [`${prefix}/e%cc%81`, '/é'],
    [`http://internal:8080${prefix}/a`, '/a'],
    ["/nextcloud/remote.php/dav/files/o'neil@x%20y/a", '/a'],
  ])('%s means %s', (href, path) => {
    expect(findPathOfHref(href, home, 'test')).toBe(path);
  });

  it.each([
    '/nextcloud/remote.php/dav/files/other/a',
    '/remote.php/dav/files/o%27neil%40x%20y/a',
    `${prefix}evil/a`,
    '/',
    `${prefix}/../other/a`,
    `${prefix}/%2e%2e/other/a`,
    `${prefix}/docs/..`,
    'a.txt',
    '//evil/x',
    `${prefix}/a?b`,
    'javascript:alert(1)',
    `${prefix}/%ff`,
    `${prefix}/%zz`,
    '/nextcloud%2fremote.php/dav/files/o%27neil%40x%20y/a',
  ])('%s is refused', (href) => {
    expect(() => findPathOfHref(href, home, 'test')).toThrow(
      expect.objectContaining({ code: 'upstream-protocol-error' }),
    );
  });

  it.each([`${prefix}/a%2fb`, `${prefix}/a%0ab`, `${prefix}/a%5cb`, `${prefix}//a`, `${prefix}/${'a'.repeat(251)}`])(
    '%s is marked as a name that cannot be asked for',
    (href) => {
      expect(findPathOfHref(href, home, 'test')).toBeNull();
    },
  );
});
