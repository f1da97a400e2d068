import type { HostileXml } from './faults.ts';

const OPEN = '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">';
const MEGABYTE = 1024 * 1024;
const MANY = 1_000_000;
const BATCH = 1000;

/** @returns the document in pieces; `endless` never ends on its own. */
export function* hostileXml(kind: HostileXml): Iterable<string> {
  switch (kind) {
    case 'entity-bomb':
      yield entityBomb();
      return;
    case 'external-entity':
      yield '<?xml version="1.0"?><!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
      yield response('/remote.php/dav/files/mallory/&x;');
      return;
    case 'deep-nesting':
      yield OPEN;
      for (let i = 0; i < 1000; i++) yield '<d:a>'.repeat(1000);
      return;
    case 'huge-text':
      yield `${OPEN}<d:response><d:href>`;
      for (let i = 0; i < 512; i++) yield 'x'.repeat(MEGABYTE);
      return;
    case 'many-attributes':
      yield `${OPEN}<d:response`;
      for (let i = 0; i < MANY; i += BATCH) {
        yield Array.from({ length: BATCH }, (_, at) => ` a${i + at}="1"`).join('');
      }
      return;
    case 'endless':
      yield OPEN;
      for (let i = 0; ; i++) yield response(`/remote.php/dav/files/mallory/${i}`).repeat(BATCH);
    case 'foreign-hrefs':
      yield (
        OPEN +
        ['/etc/passwd', 'http://evil.example/x', '/remote.php/dav/files/other/secret', '../x'].map(response).join('')
      );
      yield '</d:multistatus>';
      return;
    case 'wrong-root':
      yield '<?xml version="1.0"?>\n<html><body>hello</body></html>';
      return;
    case 'not-well-formed':
      yield `${OPEN}<d:response><d:href>/x</d:response>`;
      return;
    case 'empty':
      yield '';
  }
}

function response(href: string): string {
  const prop = '<d:prop><oc:fileid>1</oc:fileid><d:getetag>"x"</d:getetag></d:prop>';
  return `<d:response><d:href>${href}</d:href><d:propstat>${prop}<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
}

function entityBomb(): string {
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  return `<?xml version="1.0"?><!DOCTYPE m [<!ENTITY l0 "lol">${entities}]><d:multistatus xmlns:d="DAV:"><d:response><d:href>&l9;</d:href></d:response></d:multistatus>`;
}
