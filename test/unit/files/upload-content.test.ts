// How an upload is cut: nothing lost, nothing twice, lengths told before they are sent.
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SMALL_BYTES, UploadContent } from '../../../src/nextcloud/files/upload-content.ts';

const MIB = 1024 * 1024;
const MAX = { maxBytes: 1024 * MIB };

async function chunksOf(content: UploadContent): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const chunk of content.chunks()) {
    const pieces: Uint8Array[] = [];
    for await (const piece of chunk.content) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    expect(bytes.length).toBe(chunk.sizeBytes);
    found.push(bytes);
  }
  return found;
}

describe('UploadContent', () => {
  it('gives back what came, in chunks of at least 5 MiB but the last, however it was cut on the way', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3 * MIB }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (lengths, isKnown) => {
        const pieces = lengths.map((length, index) => Buffer.alloc(length, index + 1));
        const whole = Buffer.concat(pieces);
        const content = new UploadContent(Readable.from(pieces), { sizeBytes: isKnown ? whole.length : null, ...MAX });
        const small = await content.findWhole();
        const chunks = small === null ? await chunksOf(content) : [small];
        expect(Buffer.concat(chunks).equals(whole)).toBe(true);
        expect(small !== null).toBe(whole.length <= SMALL_BYTES);
        expect(chunks.slice(0, -1).every((chunk) => chunk.length >= SMALL_BYTES)).toBe(true);
        expect(content.received).toBe(whole.length);
      }),
      { numRuns: 25 },
    );
  });

  it('fails with file-too-large as soon as it is more than allowed', async () => {
    const endless = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(MIB)));
    const content = new UploadContent(endless, { sizeBytes: null, maxBytes: 10 * MIB });
    expect(await content.findWhole()).toBeNull();
    await expect(chunksOf(content)).rejects.toMatchObject({ code: 'file-too-large' });
    expect(content.received).toBe(11 * MIB);
  });

  it('never makes more than 10,000 chunks of a known length', async () => {
    const total = 400_000 * MIB;
    const content = new UploadContent(Readable.from([]), { sizeBytes: total, maxBytes: total });
    let count = 0;
    let bytes = 0;
    for await (const { sizeBytes } of content.chunks()) {
      count += 1;
      bytes += sizeBytes;
    }
    expect([count <= 10_000, bytes]).toEqual([true, total]);
  });
});
