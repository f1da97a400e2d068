import type { SendMailOptions } from 'nodemailer';
import type { OutgoingMessage } from './mail-transport.port.ts';

const SENDER_NAME = 'VoiceAssist';
/** Nothing quoted, grouped or listed: such an address can be read in more than one way. */
const PLAIN_ADDRESS = /^[^\p{Cc}\s"(),:;<>@[\\\]]+@[^\p{Cc}\s"(),:;<>@[\\\]]+$/u;

/** True for an address that every mail server reads as one and the same mailbox. */
export function isPlainAddress(address: string): boolean {
  return PLAIN_ADDRESS.test(address);
}

/**
 * A message for the library that writes and sends it.
 *
 * Addresses go in as objects and make the envelope too: as text, in an envelope of its own as well, they would be
 * parsed, and a line break or comma in one would send the message to somebody else.
 */
export function mailMessage({ id, to, subject, text, html }: OutgoingMessage, from: string): SendMailOptions {
  return {
    from: { name: SENDER_NAME, address: from },
    to: { name: '', address: to },
    subject,
    text,
    html,
    messageId: `<${id}@${from.split('@').at(-1) ?? ''}>`,
    // RFC 3834 section 5: nobody's out-of-office answers it.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
