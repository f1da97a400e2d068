import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { mailMessage } from './mail-message.ts';
import { MailTransport, type Delivery, type OutgoingMessage } from './mail-transport.port.ts';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
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
    const path = join(this.folder, `${message.id}.eml`);
    // Whole or not at all: somebody may be watching the folder.
    await writeFile(`${path}.part`, written.message as Buffer, { mode: OWNER_ONLY_FILE });
    await rename(`${path}.part`, path);
    this.#log.log({ path }, 'A message was written to a file, because no SMTP server is configured');
    return 'accepted';
  }
}
