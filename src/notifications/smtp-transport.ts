import ipaddr from 'ipaddr.js';
import { createTransport } from 'nodemailer';
import { isPlainAddress, mailMessage } from './mail-message.ts';
import { MailTransport, type Delivery, type OutgoingMessage } from './mail-transport.port.ts';

const STEP_TIMEOUT_MS = 10_000;
const WHOLE_TIMEOUT_MS = 60_000;
/** What a server may refuse for good about one message; anything else is about us or about now. */
const REFUSAL_COMMANDS = ['RCPT TO', 'DATA'];

/** Where messages go and how. */
export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'none';
  readonly credentials: { readonly user: string; readonly pass: string } | undefined;
  /** Address that messages come from. */
  readonly from: string;
  /** What this server calls itself in EHLO (RFC 5321 section 4.1.1.1). */
  readonly ownName: string;
  /** PEM certificates of the authorities that are trusted. */
  readonly certificates: readonly string[];
}

/** An SMTP server. Its certificate is always verified, and a password goes over TLS only. */
export class SmtpTransport extends MailTransport {
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: string;

  constructor({ host, port, security, credentials, from, ownName, certificates }: SmtpOptions) {
    super();
    this.#from = from;
    this.#transport = createTransport({
      host,
      port,
      name: ownName,
      secure: security === 'tls',
      // RFC 3207 section 4.1: a server, or who sits before it, may hide STARTTLS; then nothing is sent.
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(credentials !== undefined && { auth: credentials }),
      tls: {
        ca: [...certificates],
        minVersion: 'TLSv1.2',
        // Said although it is the default: the environment variable that turns it off must not win.
        rejectUnauthorized: true,
        ...(!ipaddr.isValid(host) && { servername: host }),
      },
      connectionTimeout: STEP_TIMEOUT_MS,
      greetingTimeout: STEP_TIMEOUT_MS,
      socketTimeout: STEP_TIMEOUT_MS,
      dnsTimeout: STEP_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      logger: false,
    });
  }

  override async deliver(message: OutgoingMessage): Promise<Delivery> {
    if (!isPlainAddress(message.to)) return 'refused';
    // A server that sends one byte now and then keeps every step alive; the whole has an end as well.
    const signal = AbortSignal.timeout(WHOLE_TIMEOUT_MS);
    try {
      await this.#transport.sendMail({ ...mailMessage(message, this.#from), signal });
      return 'accepted';
    } catch (error) {
      if (isRefusal(error)) return 'refused';
      throw error;
    }
  }
}

/** A permanent negative answer (5yz, RFC 5321 section 4.2.1) to the recipient or to the message itself. */
function isRefusal(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  return typeof responseCode === 'number' && responseCode >= 500 && REFUSAL_COMMANDS.includes(String(command));
}
