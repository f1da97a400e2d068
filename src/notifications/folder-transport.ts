import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { mailMessage } from './mail-message.ts';
import { MailTransport, type Delivery, type OutgoingMessage } from './mail-transport.port.ts';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
const FINISHED = '.eml';
const UNFINISHED = '.eml.part';
const ENDINGS = [FINISHED, UNFINISHED];
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 24 * MS_PER_HOUR;
const FROM = 'voiceassist@localhost';

/** A folder, for development: each message becomes a file that every mail program opens, and the log says where. */
export class FolderTransport extends MailTransport {
  readonly #log = new Logger('Mail');

  constructor(private readonly folder: string) {
    super();
  }

  override async deliver(message: OutgoingMessage): Promise<Delivery> {
    const writer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
    const written = await writer.sendMail(mailMessage(message, FROM));
    await mkdir(this.folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const path = join(this.folder, `${message.id}${FINISHED}`);
    const partPath = join(this.folder, `${message.id}${UNFINISHED}`);
    // Whole or not at all: somebody may be watching the folder.
    await writeFile(partPath, written.message as Buffer, { mode: OWNER_ONLY_FILE });
    await rename(partPath, path);
    this.#log.log({ path }, 'A message was written to a file, because no SMTP server is configured');
    return 'accepted';
  }

  override async forget(messageIds: readonly string[]): Promise<void> {
    for (const id of messageIds) {
      for (const ending of ENDINGS) await rm(join(this.folder, `${id}${ending}`), { force: true });
    }
  }

  override async forgetOld(days: number): Promise<void> {
    for (const name of await this.#names()) {
      const path = join(this.folder, name);
      const ageMs = Date.now() - (await stat(path)).mtimeMs;
      if (ageMs > (name.endsWith(UNFINISHED) ? MS_PER_HOUR : days * MS_PER_DAY)) await rm(path, { force: true });
    }
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).filter((name) => ENDINGS.some((ending) => name.endsWith(ending)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}
