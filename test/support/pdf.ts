import { createDeflate, deflateSync } from 'node:zlib';

/** How a test PDF is written. */
export interface PdfOptions {
  /** Deflate the content streams, as real producers do. Default true. */
  readonly isCompressed?: boolean;
}

const FONT_OBJECT_NUMBER = 3;
const FIRST_PAGE_OBJECT_NUMBER = 4;
const BOMB_BLOCK_BYTES = 1024 * 1024;

/** A PDF with one page per entry; each page is a list of lines set in Helvetica (WinAnsi characters only). */
export function textPdf(pages: readonly (readonly string[])[], options: PdfOptions = {}): Buffer {
  const contents = pages.map((lines) => contentStream(Buffer.from(textOperators(lines), 'latin1'), options));
  return assemble(contents, '');
}

/** A PDF whose pages only paint a small grey image: nothing to read without OCR. */
export function imageOnlyPdf(pageCount = 1): Buffer {
  const paint = 'q 400 0 0 400 50 200 cm BI /W 2 /H 2 /CS /G /BPC 8 ID \x00\x80\x80\xff EI Q';
  return assemble(
    Array.from({ length: pageCount }, () => contentStream(Buffer.from(paint, 'latin1'), { isCompressed: false })),
    '',
  );
}

/** A PDF that names the standard security handler with keys no password opens (ISO 32000-1 section 7.6.3). */
export function encryptedPdf(): Buffer {
  const key = 'ab'.repeat(32);
  const encryption = `/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <${key}> /U <${key}> >> /ID [<${key}> <${key}>]`;
  return assemble([contentStream(Buffer.from(textOperators(['secret'])), {})], encryption);
}

/** A one-page PDF whose content stream inflates to `inflatedBytes` of drawing operators (zlib shrinks it about 1000:1). */
export async function bombPdf(inflatedBytes: number): Promise<Buffer> {
  const deflate = createDeflate({ level: 9 });
  const chunks: Buffer[] = [];
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  const block = Buffer.alloc(BOMB_BLOCK_BYTES, '0 0 m\n');
  for (let written = 0; written < inflatedBytes; written += BOMB_BLOCK_BYTES) {
    await new Promise<void>((resolve, reject) => deflate.write(block, (error) => (error ? reject(error) : resolve())));
  }
  await new Promise<void>((resolve) => deflate.end(resolve));
  const stream = Buffer.concat(chunks);
  return assemble([streamObject(stream, '/Filter /FlateDecode ')], '');
}

function textOperators(lines: readonly string[]): string {
  const shown = lines.map((line) => `(${line.replace(/[\\()]/g, (character) => `\\${character}`)}) Tj T*`);
  return `BT /F1 11 Tf 14 TL 50 790 Td\n${shown.join('\n')}\nET`;
}

function contentStream(content: Buffer, options: PdfOptions): Buffer {
  return options.isCompressed === false
    ? streamObject(content, '')
    : streamObject(deflateSync(content), '/Filter /FlateDecode ');
}

function streamObject(content: Buffer, dictionary: string): Buffer {
  const head = Buffer.from(`<< ${dictionary}/Length ${content.length} >>\nstream\n`);
  return Buffer.concat([head, content, Buffer.from('\nendstream')]);
}

/** Object 1 is the catalogue, 2 the page tree, 3 the font; then page and content stream in turn. */
function assemble(contents: readonly Buffer[], trailerEntries: string): Buffer {
  const kids = contents.map((_, index) => `${FIRST_PAGE_OBJECT_NUMBER + 2 * index} 0 R`);
  const objects: Buffer[] = [
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from(`<< /Type /Pages /Count ${contents.length} /Kids [${kids.join(' ')}] >>`),
    Buffer.from('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'),
  ];
  contents.forEach((content, index) => {
    const contentReference = `${FIRST_PAGE_OBJECT_NUMBER + 2 * index + 1} 0 R`;
    const resources = `<< /Font << /F1 ${FONT_OBJECT_NUMBER} 0 R >> >>`;
    objects.push(
      Buffer.from(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources ${resources} /Contents ${contentReference} >>`,
      ),
      content,
    );
  });
  return serialise(objects, trailerEntries);
}

function serialise(objects: readonly Buffer[], trailerEntries: string): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  let length = parts[0]?.length ?? 0;
  const offsets: number[] = [];
  objects.forEach((object, index) => {
    offsets.push(length);
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    parts.push(part);
    length += part.length;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R ${trailerEntries} >>\nstartxref\n${length}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows}${trailer}`)]);
}
