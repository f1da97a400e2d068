// RFC 4918 section 13: multistatus, read in pieces, with bounds.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MultistatusReader } from '../../../src/nextcloud/dav/multistatus.reader.ts';
import { findProperty, type DavResponse } from '../../../src/nextcloud/dav/multistatus.types.ts';
import { mostMemoryDuring } from '../../support/memory-in-use.ts';
import { processorMs } from '../../support/processor-time.ts';

async function* pieces(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size)
    yield await Promise.resolve(bytes.subarray(start, start + size));
}

async function read(text: string | Uint8Array, size?: number): Promise<DavResponse[]> {
  const found: DavResponse[] = [];
  for await (const response of new MultistatusReader(pieces(text, size), 'test')) found.push(response);
  return found;
}

const GOOD = `<?xml version="1.0"?>
<x1:multistatus xmlns:x1="DAV:" xmlns:oc="http://owncloud.org/ns">
 <x1:response><x1:href>/a/%c3%bc</x1:href>
  <x1:propstat><x1:prop><x1:getetag>&quot;e&amp;1&quot;</x1:getetag><oc:fileid>99</oc:fileid>
   <x1:resourcetype><x1:collection/></x1:resourcetype><x1:displayname><![CDATA[<ü>]]></x1:displayname></x1:prop>
   <x1:status>HTTP/1.1 200 OK</x1:status></x1:propstat>
  <x1:propstat><x1:prop><oc:size/></x1:prop><x1:status>HTTP/1.1 404 Not Found</x1:status></x1:propstat>
 </x1:response>
 <response xmlns="DAV:"><href>/a/gone</href><status>HTTP/1.1 404 Not Found</status></response>
 <x1:sync-token>http://sabre.io/ns/sync/34</x1:sync-token>
</x1:multistatus>`;

const wrap = (inner: string): string =>
  `<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href>${inner}</d:response></d:multistatus>`;

const refusedFor = (reason: string) =>
  expect.objectContaining({
    code: 'upstream-protocol-error',
    options: { logContext: { upstream: 'test', reason } },
  });

describe('a multistatus', () => {
  it('gives hrefs, statuses and properties by namespace, whatever the prefixes and the cuts', async () => {
    for (const size of [1, 7, 100_000]) {
      const [first, second] = await read(GOOD, size);
      expect(first?.href).toBe('/a/%c3%bc');
      expect(first && findProperty(first, 'DAV:', 'getetag')?.text).toBe('"e&1"');
      expect(first && findProperty(first, 'DAV:', 'displayname')?.text).toBe('<ü>');
      expect(first && findProperty(first, 'http://owncloud.org/ns', 'fileid')?.text).toBe('99');
      expect(first && findProperty(first, 'http://owncloud.org/ns', 'size')).toBeNull();
      expect(first && findProperty(first, 'DAV:', 'fileid')).toBeNull();
      expect(first && findProperty(first, 'DAV:', 'resourcetype')?.children[0]?.name).toBe('collection');
      expect(second).toEqual({ href: '/a/gone', status: 404, propstats: [], isTooLarge: false });
    }
  });

  it('has its sync token at the end', async () => {
    const reader = new MultistatusReader(pieces(GOOD), 'test');
    for await (const response of reader) expect(response.href).toMatch(/^\/a/);
    expect(reader.syncToken).toBe('http://sabre.io/ns/sync/34');
  });

  it('gives what came before the fault, then fails: a cut listing is never a complete one', async () => {
    const found: DavResponse[] = [];
    const cut = GOOD.slice(0, GOOD.indexOf('<response xmlns'));
    const reading = (async () => {
      for await (const response of new MultistatusReader(pieces(cut), 'test')) found.push(response);
    })();
    await expect(reading).rejects.toEqual(refusedFor('xml-syntax'));
    expect(found).toHaveLength(1);
  });
});

describe('F13 what is too large in one response', () => {
  const card = (name: string, data: string): string =>
    `<d:response><d:href>/${name}.vcf</d:href><d:propstat><d:prop><c:data>${data}</c:data><d:getetag>"${name}"</d:getetag></d:prop>` +
    '<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>';
  const book = (large: string): string =>
    `<d:multistatus xmlns:d="DAV:" xmlns:c="urn:c">${card('before', 'small')}${card('large', large)}${card('after', 'small')}</d:multistatus>`;
  const text = (response: DavResponse | undefined, namespace: string, name: string): string | undefined =>
    response === undefined ? undefined : findProperty(response, namespace, name)?.text;

  it.each([
    ['a text', 'x'.repeat(3_000_000)],
    ['a text of entities', '&#13;&lt;'.repeat(600_000)],
    ['a CDATA section', `<![CDATA[${'y'.repeat(3_000_000)}]]>`],
    ['many texts', `<c:part>${'x'.repeat(200_000)}</c:part>`.repeat(12)],
    ['many elements', '<c:part/>'.repeat(100_000)],
  ])('is left out of it, it is marked, and the others stand: %s', async (_, large) => {
    const [before, marked, after] = await read(book(large), 65_536);
    expect([before, marked, after].map((each) => [each?.href, each?.isTooLarge])).toEqual([
      ['/before.vcf', false],
      ['/large.vcf', true],
      ['/after.vcf', false],
    ]);
    expect([before, after].map((each) => text(each, 'urn:c', 'data'))).toEqual(['small', 'small']);
    expect(text(marked, 'DAV:', 'getetag')).toBe(large.includes('<c:part/>') ? undefined : '"large"');
  });

  it('is kept whole up to a mebibyte, a photo of 300 kB for example', async () => {
    const photo = 'A'.repeat(400_000);
    for (const size of [1_000, 65_536]) {
      const found = await read(book(`a&amp;${photo}&#13;\n<!-- not a part -->z`), size);
      expect(found[1]?.isTooLarge).toBe(false);
      expect(text(found[1], 'urn:c', 'data')).toBe(`a&${photo}\r\nz`);
    }
  });

  it('does not grow in memory', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href><d:x>');
      const piece = Buffer.alloc(65_536, 'x');
      for (let sent = 0; sent < 4 * 1_024 * 1_024; sent += piece.length) yield await Promise.resolve(piece);
      yield Buffer.from('</d:x></d:response></d:multistatus>');
    }
    const grown = await mostMemoryDuring(async () => {
      const found: DavResponse[] = [];
      for await (const response of new MultistatusReader(endless(), 'test')) found.push(response);
      expect(found.map(({ isTooLarge }) => isTooLarge)).toEqual([true]);
    });
    expect(grown).toBeLessThan(8 * 1_024 * 1_024);
  });
});

describe('a hostile or wrong multistatus is refused', () => {
  const bomb = `<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>`;

  it.each([
    ['a document type', bomb + wrap('<d:status>&b;</d:status>'), 'doctype'],
    ['an external entity', `<!DOCTYPE x SYSTEM "http://evil/x">${wrap('')}`, 'doctype'],
    ['an undeclared entity', wrap('<d:status>&b;</d:status>'), 'xml-syntax'],
    ['deep nesting', wrap('<d:prop>'.repeat(100_000)), 'depth'],
    ['an endless text', wrap('x'.repeat(20_000_000)), 'text-size'],
    ['an endless tag', `<d:multistatus xmlns:d="DAV:" x="${'y'.repeat(1_000_000)}"`, 'token-size'],
    ['an endless comment', `<d:multistatus xmlns:d="DAV:"><!--${'-x'.repeat(500_000)}`, 'token-size'],
    ['an endless document type', `<!DOCTYPE x [${' '.repeat(1_000_000)}`, 'token-size'],
    [
      'many attributes',
      wrap(`<d:a ${Array.from({ length: 1_000 }, (_, i) => `a${String(i)}=""`).join(' ')}/>`),
      'attributes',
    ],
    ['an HTML page', '<!DOCTYPE html><html><body>Log in</body></html>', 'doctype'],
    ['another root', '<d:prop xmlns:d="DAV:"/>', 'not-multistatus'],
    ['the root of another namespace', '<multistatus xmlns="http://evil"/>', 'not-multistatus'],
    ['an unbound prefix', '<d:multistatus/>', 'xml-syntax'],
    ['a response without href', '<d:multistatus xmlns:d="DAV:"><d:response/></d:multistatus>', 'no-href'],
    ['a status that is none', wrap('<d:status>OK</d:status>'), 'status'],
    ['a propstat without status', wrap('<d:propstat><d:prop/></d:propstat>'), 'status'],
    ['JSON', '{"ocs":{}}', 'xml-syntax'],
    ['nothing', '', 'xml-syntax'],
    ['something after the end', `${wrap('')}<d:x/>`, 'xml-syntax'],
  ])('%s', async (_case, text, reason) => {
    const before = processorMs();
    await expect(read(text, 65_536)).rejects.toEqual(refusedFor(reason));
    expect(processorMs() - before).toBeLessThan(2_000);
  });

  it('bytes that are not UTF-8', async () => {
    await expect(read(Buffer.from([0x3c, 0xff, 0xfe]))).rejects.toEqual(refusedFor('not-utf-8'));
    await expect(read(Buffer.from(wrap('é'), 'latin1'))).rejects.toEqual(refusedFor('not-utf-8'));
  });

  it('any text at all fails typed or reads (property)', async () => {
    const token = fc.constantFrom(
      '<',
      '>',
      '/',
      'd:',
      'multistatus',
      ' xmlns:d="DAV:"',
      '&lt;',
      '&x;',
      '<!--',
      '-->',
      ']]>',
      '<?',
      '?>',
      'href',
      '\u0000',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 30 }), async (tokens) => {
        try {
          await read(tokens.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'upstream-protocol-error' });
        }
      }),
    );
  });
});

it('a listing of 100,000 entries streams in bounded memory, and others get their turns', async () => {
  const entry = GOOD.slice(GOOD.indexOf('<x1:response>'), GOOD.indexOf('<response xmlns'));
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('<x1:multistatus xmlns:x1="DAV:" xmlns:oc="http://owncloud.org/ns">');
    const block = Buffer.from(entry.repeat(100));
    for (let index = 0; index < 1_000; index += 1) yield await Promise.resolve(block);
    yield Buffer.from('</x1:multistatus>');
  }
  let count = 0;
  let countAtLastTurn = 0;
  let mostInOneTurn = 0;
  let turn = setImmediate(function watch() {
    mostInOneTurn = Math.max(mostInOneTurn, count - countAtLastTurn);
    countAtLastTurn = count;
    turn = setImmediate(watch);
  });
  const mostBytes = await mostMemoryDuring(async () => {
    for await (const response of new MultistatusReader(body(), 'test')) count += response.href === '/a/%c3%bc' ? 1 : 0;
  });
  clearImmediate(turn);
  mostInOneTurn = Math.max(mostInOneTurn, count - countAtLastTurn);
  expect(count).toBe(100_000);
  expect(mostBytes).toBeLessThan(10 * 1_024 * 1_024);
  expect(mostInOneTurn).toBeLessThan(10_000);
  // Seven seconds of work, of which a machine that is twenty times overbooked makes minutes.
}, 900_000);
