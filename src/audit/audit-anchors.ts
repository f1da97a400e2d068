import { createHmac, timingSafeEqual } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Injectable } from '@nestjs/common';
import { StorageConfig } from '../config/storage.config.ts';
import { KeyRing } from '../secrets/key-ring.ts';

const OWNER_ONLY = 0o600;
const MAX_LINE_CHARACTERS = 1024;
const TAIL_BYTES = 16_384;

/** The end of the trail at some moment: how many events there were, and the mac of the last one. */
export interface AuditAnchor {
  readonly sequence: number;
  readonly mac: string;
}

interface AnchorLine extends AuditAnchor {
  readonly at: string;
  readonly key_id: string;
  readonly signature: string;
}

/**
 * Ends of the trail, kept outside the database in a file that is only added to. Whoever removes the newest events and
 * sets the head back leaves a trail that holds by itself; the anchors show that it was longer.
 */
@Injectable()
export class AuditAnchors {
  readonly #file: string;

  constructor(
    config: StorageConfig,
    private readonly ring: KeyRing,
  ) {
    this.#file = resolve(config.auditAnchorFile ?? join(config.dataDir, 'audit-heads.jsonl'));
  }

  /** Adds a signed line. @throws Error when the file cannot be written */
  async write({ sequence, mac }: AuditAnchor): Promise<void> {
    const unsigned = { at: new Date().toISOString(), sequence, mac, key_id: this.ring.currentId };
    const line: AnchorLine = { ...unsigned, signature: signatureOf(this.ring.current('audit-anchor'), unsigned) };
    await appendFile(this.#file, `${JSON.stringify(line)}\n`, { mode: OWNER_ONLY });
  }

  /** The anchor with the highest sequence, as `read` would give it last; as a rule the end of the file tells. */
  async newest(): Promise<AuditAnchor | undefined> {
    const tail = await tailOf(this.#file);
    const found = tail.split('\n').flatMap((text) => this.#anchorIn(text));
    const all = found.length > 0 ? found : await this.read();
    return all.sort((a, b) => a.sequence - b.sequence).at(-1);
  }

  /** The anchors that a key of the ring has signed, by sequence; lines that are cut off or forged are none. */
  async read(): Promise<AuditAnchor[]> {
    if (!existsSync(this.#file)) return [];
    const anchors: AuditAnchor[] = [];
    const lines = createInterface({ input: createReadStream(this.#file), crlfDelay: Infinity });
    for await (const text of lines) anchors.push(...this.#anchorIn(text));
    return anchors.sort((a, b) => a.sequence - b.sequence);
  }

  #anchorIn(text: string): AuditAnchor[] {
    const line = text.length <= MAX_LINE_CHARACTERS ? parsed(text) : undefined;
    return line !== undefined && this.#isSigned(line) ? [{ sequence: line.sequence, mac: line.mac }] : [];
  }

  #isSigned(line: AnchorLine): boolean {
    const key = this.ring.findKey(line.key_id, 'audit-anchor');
    if (key === undefined) return false;
    const [expected, given] = [Buffer.from(signatureOf(key, line)), Buffer.from(line.signature)];
    return expected.length === given.length && timingSafeEqual(expected, given);
  }
}

/** The last bytes of a file, which may begin within a line; empty when there is none. */
async function tailOf(path: string): Promise<string> {
  if (!existsSync(path)) return '';
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function signatureOf(key: Buffer, { at, sequence, mac, key_id }: Omit<AnchorLine, 'signature'>): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([at, sequence, mac, key_id]))
    .digest('hex');
}

function parsed(text: string): AnchorLine | undefined {
  try {
    const { at, sequence, mac, key_id, signature } = JSON.parse(text) as Partial<Record<keyof AnchorLine, unknown>>;
    const isWhole = [at, mac, key_id, signature].every((each) => typeof each === 'string');
    return isWhole && Number.isSafeInteger(sequence) ? (JSON.parse(text) as AnchorLine) : undefined;
  } catch {
    // A line that was cut off when the machine lost power.
    return undefined;
  }
}
