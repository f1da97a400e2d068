// SEARCH on the DAV root: finding files by type, name, size and fileid.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resourcesOf } from './multistatus.ts';
import { NextcloudUnderTest } from './nextcloud-under-test.ts';
import type { TestUser } from './nextcloud-under-test.ts';
import { bearer, send } from './raw-http.ts';

let nextcloud: NextcloudUnderTest;
let anna: TestUser;
let fileId: string;

beforeAll(async () => {
  nextcloud = await NextcloudUnderTest.start();
  anna = await nextcloud.createUser();
  await nextcloud.makeFolder(anna, '/docs');
  const put = await nextcloud.put(anna, '/docs/Alpha.pdf', '1234567890');
  fileId = String(Number(/^\d+/.exec(put.headers['oc-fileid'] as string)?.[0]));
  await nextcloud.put(anna, '/docs/beta.md', '12');
  await nextcloud.put(anna, '/gamma.pdf', '123');
});

afterAll(async () => nextcloud.stop());

interface Search {
  readonly where: string;
  readonly scope?: string;
  readonly order?: string;
  readonly limit?: number;
  readonly paging?: string;
  readonly select?: string;
  readonly path?: string;
  readonly type?: string;
}

function search(query: Search) {
  const limit =
    query.limit === undefined ? '' : `<d:limit><d:nresults>${query.limit}</d:nresults>${query.paging ?? ''}</d:limit>`;
  const body =
    '<?xml version="1.0"?><d:searchrequest xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:basicsearch>' +
    `<d:select><d:prop><oc:fileid/><d:getetag/>${query.select ?? ''}</d:prop></d:select>` +
    `<d:from><d:scope><d:href>/files/${query.scope ?? anna.uid}</d:href><d:depth>infinity</d:depth></d:scope></d:from>` +
    `<d:where>${query.where}</d:where>${query.order ?? ''}${limit}</d:basicsearch></d:searchrequest>`;
  return send(`${nextcloud.url}${query.path ?? '/remote.php/dav/'}`, {
    method: 'SEARCH',
    headers: { 'Content-Type': query.type ?? 'text/xml', ...bearer(anna.appPassword) },
    body,
  });
}

const eq = (property: string, literal: string) =>
  `<d:eq><d:prop><${property}/></d:prop><d:literal>${literal}</d:literal></d:eq>`;
const like = (property: string, literal: string) =>
  `<d:like><d:prop><${property}/></d:prop><d:literal>${literal}</d:literal></d:like>`;
const bySize = '<d:orderby><d:order><d:prop><oc:size/></d:prop><d:descending/></d:order></d:orderby>';
const names = async (query: Search) => resourcesOf(await search(query)).map((it) => it.href.split('/').at(-1));

describe('SEARCH', () => {
  it('finds the path of a fileid', async () => {
    const [hit, ...rest] = resourcesOf(await search({ where: eq('oc:fileid', fileId) }));
    expect(rest).toEqual([]);
    expect(hit?.href).toBe(`/remote.php/dav/files/${anna.uid}/docs/Alpha.pdf`);
    expect(hit?.found['fileid']).toBe(fileId);
  });

  it('finds files by media type, sorted and limited', async () => {
    expect(await names({ where: eq('d:getcontenttype', 'application/pdf'), order: bySize })).toEqual([
      'Alpha.pdf',
      'gamma.pdf',
    ]);
    expect(await names({ where: eq('d:getcontenttype', 'application/pdf'), order: bySize, limit: 1 })).toEqual([
      'Alpha.pdf',
    ]);
  });

  it('finds names by pattern without regard to case, and combines conditions', async () => {
    expect(await names({ where: like('d:displayname', 'alpha%') })).toEqual(['Alpha.pdf']);
    const large = '<d:gt><d:prop><oc:size/></d:prop><d:literal>5</d:literal></d:gt>';
    expect(await names({ where: `<d:and>${like('d:displayname', '%a.pdf')}${large}</d:and>` })).toEqual(['Alpha.pdf']);
  });

  it('looks below the scope only', async () => {
    const where = eq('d:getcontenttype', 'application/pdf');
    expect(await names({ where, scope: `${anna.uid}/docs` })).toEqual(['Alpha.pdf']);
  });

  it('takes % and _ behind a backslash for themselves', async () => {
    await nextcloud.put(anna, '/docs/100%25_sure.txt', 'x');
    await nextcloud.put(anna, '/docs/100%20insured.txt', 'x');
    expect(await names({ where: like('d:displayname', '%0%_%su%') })).toHaveLength(2);
    expect(await names({ where: like('d:displayname', '%0\\%\\_su%') })).toEqual(['100%25_sure.txt']);
  });

  it('takes the scope literally: a percent-encoded one is another path', async () => {
    await nextcloud.makeFolder(anna, '/50%25%20%23');
    await nextcloud.put(anna, '/50%25%20%23/inner.md', 'x');
    const where = like('d:displayname', '%');
    expect(await names({ where, scope: `${anna.uid}/50% #` })).toEqual(['inner.md']);
    expect((await search({ where, scope: `${anna.uid}/50%25%20%23` })).status).toBe(404);
  });

  it('leaves out the first hits in the namespace of SearchDAV and ignores the element in its own', async () => {
    const where = eq('d:getcontenttype', 'application/pdf');
    const of = (namespace: string) => `<x:firstresult xmlns:x="${namespace}">1</x:firstresult>`;
    const page = { where, order: bySize, limit: 5 };
    const paging = of('https://github.com/icewind1991/SearchDAV/ns');
    expect(await names({ ...page, paging })).toEqual(['gamma.pdf']);
    expect(await names({ ...page, paging: of('http://nextcloud.org/ns') })).toEqual(['Alpha.pdf', 'gamma.pdf']);
  });

  it('does not tell the owner of a hit', async () => {
    const [hit] = resourcesOf(await search({ where: eq('oc:fileid', fileId), select: '<oc:owner-id/>' }));
    expect(hit?.found['owner-id']).toBeUndefined();
  });

  it('answers 400 in plain words to properties that cannot be searched or sorted by', async () => {
    const searched = await search({ where: eq('d:getetag', 'x') });
    expect([searched.status, searched.text]).toEqual([400, 'requested search property is not searchable']);
    const order = '<d:orderby><d:order><d:prop><oc:fileid/></d:prop><d:descending/></d:order></d:orderby>';
    expect((await search({ where: eq('oc:fileid', fileId), order })).status).toBe(400);
  });

  it("answers 500 without conditions and on another user's scope, 404 on a missing one", async () => {
    expect((await search({ where: '' })).status).toBe(500);
    expect((await search({ where: eq('oc:fileid', '1'), scope: nextcloud.adminUser })).status).toBe(500);
    expect((await search({ where: eq('oc:fileid', '1'), scope: `${anna.uid}/missing` })).status).toBe(404);
  });

  it('answers 501 on the files path and without an XML content type', async () => {
    const where = eq('oc:fileid', fileId);
    expect((await search({ where, path: `/remote.php/dav/files/${anna.uid}/` })).status).toBe(501);
    expect((await search({ where, type: 'text/plain' })).status).toBe(501);
  });
});
