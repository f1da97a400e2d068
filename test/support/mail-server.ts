import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { until } from './until.ts';

/** A message as the server got it. */
export interface ReceivedMail {
  readonly recipients: readonly string[];
  readonly raw: string;
  readonly mail: ParsedMail;
}

/** A login that the server saw. */
interface Login {
  readonly user: string;
  readonly isSecure: boolean;
}

/** A real SMTP server that keeps what it gets. */
export class MailServer {
  readonly port: number;
  readonly received: ReceivedMail[];
  readonly logins: Login[];

  private constructor(
    private readonly server: SMTPServer,
    kept: { port: number; received: ReceivedMail[]; logins: Login[] },
  ) {
    this.port = kept.port;
    this.received = kept.received;
    this.logins = kept.logins;
  }

  /** @param options over the defaults: no TLS, no login, everything accepted; port 0 is a free one */
  static async start({ port = 0, ...options }: SMTPServerOptions & { port?: number } = {}): Promise<MailServer> {
    const received: ReceivedMail[] = [];
    const logins: Login[] = [];
    const server = new SMTPServer({
      disableReverseLookup: true,
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onAuth: ({ username = '' }, { secure }, done) => {
        logins.push({ user: username, isSecure: secure });
        done(null, { user: username });
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString('utf8');
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          void simpleParser(raw).then((mail) => {
            received.push({ recipients, raw, mail });
            done();
          });
        });
      },
      ...options,
    });
    // A client that hangs up in the middle of a handshake is what some tests are about.
    server.on('error', () => undefined);
    const listening = server.listen(port, '127.0.0.1');
    await once(listening, 'listening');
    return new MailServer(server, { port: (listening.address() as AddressInfo).port, received, logins });
  }

  /** The environment of an application that sends through this server. */
  get env(): Record<string, string> {
    return {
      EMAIL_SMTP_HOST: '127.0.0.1',
      EMAIL_SMTP_PORT: String(this.port),
      EMAIL_SMTP_SECURITY: 'none',
      EMAIL_FROM: 'voiceassist@clinic.example',
    };
  }

  /** Messages to an address, oldest first. */
  to(address: string): ReceivedMail[] {
    return this.received.filter(({ recipients }) => recipients.includes(address));
  }

  /** Waits for the message to an address with the subject, and takes it out. */
  async take(address: string, subject: string): Promise<ReceivedMail> {
    const find = (): number =>
      this.received.findIndex(({ recipients, mail }) => recipients.includes(address) && mail.subject === subject);
    await until(() => Promise.resolve(find() >= 0));
    return this.received.splice(find(), 1)[0]!;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}

/** The one-time token in the link of a message. */
export function tokenOf({ mail }: ReceivedMail): string {
  const [, token] = /#token=(ot_[A-Za-z0-9_-]+)/.exec(mail.text ?? '') ?? [];
  if (token === undefined) throw new Error(`No token in: ${mail.text ?? ''}`);
  return token;
}
