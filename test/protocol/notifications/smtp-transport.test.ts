// Messages over SMTP (bars S38, S39, S44 for what the server itself sends; facts M14, M15).
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SmtpTransport, type SmtpOptions } from '../../../src/notifications/smtp-transport.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { MailServer } from '../../support/mail-server.ts';
import { freePort } from '../../support/server-under-test.ts';

const AUTHORITY = {
  commonName: 'Test authority',
  ...makeCertificate({ commonName: 'Test authority', isAuthority: true }),
};
const TRUSTED = makeCertificate({ issuer: AUTHORITY });
const MESSAGE = {
  id: '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f',
  to: 'ana@clinic.example',
  subject: 'Hello',
  text: 'Text',
  html: '<p>HTML</p>',
};
const CREDENTIALS = { user: 'mailer', pass: 'a password of the relay' };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function serve(options: Parameters<typeof MailServer.start>[0] = {}): Promise<MailServer> {
  const server = await MailServer.start(options);
  cleanUps.push(() => server.stop());
  return server;
}

const tls = { key: TRUSTED.keyPem, cert: TRUSTED.certificatePem };

function transport(port: number, options: Partial<SmtpOptions> = {}): SmtpTransport {
  return new SmtpTransport({
    host: '127.0.0.1',
    port,
    security: 'none',
    credentials: undefined,
    from: 'voiceassist@clinic.example',
    ownName: 'api.clinic.example',
    certificates: [AUTHORITY.certificatePem],
    ...options,
  });
}

/** A server that speaks line by line from a script: each line of the client gets the next answer. */
async function script(greeting: string, answer: (line: string, socket: Socket) => void) {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(greeting);
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const line of text.split('\r\n').filter((each) => each !== '')) {
        lines.push(line);
        answer(line, socket);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { lines, port: (server.address() as AddressInfo).port };
}

describe('a delivery', () => {
  it('arrives as text and HTML, marked as automatic, with an id made from the id of the message', async () => {
    const server = await serve();
    expect(await transport(server.port).deliver(MESSAGE)).toBe('accepted');
    const [{ mail, recipients, raw }] = server.received as [(typeof server.received)[0]];
    expect(recipients).toEqual(['ana@clinic.example']);
    expect([mail.subject, mail.text?.trim(), mail.html]).toEqual(['Hello', 'Text', '<p>HTML</p>']);
    expect(mail.messageId).toBe(`<${MESSAGE.id}@clinic.example>`);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(raw).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(raw).not.toMatch(/nodemailer|X-Mailer/i);
  });

  it('S44 goes to the one address given, whatever the address holds', async () => {
    const server = await serve();
    const tricks = [
      'a@b.example\r\nBcc: evil@x.example',
      'a@b.example, evil@x.example',
      'a@b.example>, <evil@x.example',
    ];
    for (const to of tricks)
      await transport(server.port)
        .deliver({ ...MESSAGE, to })
        .catch(() => 'refused');
    const recipients = server.received.flatMap((each) => each.recipients);
    expect(recipients.filter((each) => each.startsWith('evil'))).toEqual([]);
    expect(server.received.map(({ raw }) => /^(bcc|evil)/im.test(raw.split('\r\n\r\n')[0] ?? ''))).not.toContain(true);
  });

  it('S44 keeps a line break in a subject out of the header', async () => {
    const server = await serve();
    await transport(server.port).deliver({ ...MESSAGE, subject: 'Hello\r\nBcc: evil@x.example\r\n\r\nbody' });
    expect(server.received[0]?.mail.headers.has('bcc')).toBe(false);
    expect(server.received[0]?.recipients).toEqual(['ana@clinic.example']);
  });

  it('S39 logs in over TLS only: with STARTTLS and with TLS from the first byte', async () => {
    const early = await serve({ ...tls, secure: false, disabledCommands: [] });
    expect(await transport(early.port, { security: 'starttls', credentials: CREDENTIALS }).deliver(MESSAGE)).toBe(
      'accepted',
    );
    const late = await serve({ ...tls, secure: true, disabledCommands: [] });
    expect(await transport(late.port, { security: 'tls', credentials: CREDENTIALS }).deliver(MESSAGE)).toBe('accepted');
    expect([...early.logins, ...late.logins]).toEqual([
      { user: 'mailer', isSecure: true },
      { user: 'mailer', isSecure: true },
    ]);
  });

  it('S39 sends neither credentials nor content to a server that hides STARTTLS', async () => {
    const { lines, port } = await script('220 relay\r\n', (line, socket) => {
      socket.write(/^EHLO/i.test(line) ? '250-relay\r\n250 AUTH PLAIN LOGIN\r\n' : '502 no\r\n');
    });
    const sending = transport(port, { security: 'starttls', credentials: CREDENTIALS }).deliver(MESSAGE);
    await expect(sending).rejects.toThrow();
    expect(lines.filter((line) => /^(AUTH|MAIL|RCPT|DATA)/i.test(line))).toEqual([]);
    expect(lines.join()).not.toContain(Buffer.from('mailer').toString('base64').slice(0, 6));
  });

  it('S39 believes nothing that a server sends in plain text after it agreed to STARTTLS', async () => {
    const { lines, port } = await script('220 relay\r\n', (line, socket) => {
      if (/^EHLO/i.test(line)) socket.write('250-relay\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n');
      else if (/^STARTTLS/i.test(line))
        socket.write('220 go\r\n250-relay\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n');
      else socket.write('250 ok\r\n');
    });
    await expect(
      transport(port, { security: 'starttls', credentials: CREDENTIALS }).deliver(MESSAGE),
    ).rejects.toThrow();
    expect(lines.filter((line) => /^(AUTH|MAIL|RCPT|DATA)/i.test(line))).toEqual([]);
  });

  it.each([
    ['by nobody we trust', makeCertificate()],
    ['for another host', makeCertificate({ issuer: AUTHORITY, names: ['other.example'] })],
    [
      'that has expired',
      makeCertificate({ issuer: AUTHORITY, notBefore: new Date(0), notAfter: new Date(86_400_000) }),
    ],
  ])('S38 is refused to a server with a certificate %s, and no credential is sent', async (_, certificate) => {
    for (const security of ['starttls', 'tls'] as const) {
      const server = await serve({
        key: certificate.keyPem,
        cert: certificate.certificatePem,
        secure: security === 'tls',
        disabledCommands: [],
      });
      const sending = transport(server.port, { security, credentials: CREDENTIALS }).deliver(MESSAGE);
      await expect(sending).rejects.toThrow();
      expect([server.logins, server.received]).toEqual([[], []]);
    }
  });

  it('is refused for good where the server refuses the recipient or the message for good', async () => {
    const refuse = (responseCode: number) => Object.assign(new Error('no'), { responseCode });
    const noSuchUser = await serve({ onRcptTo: (_address, _session, done) => done(refuse(550)) });
    expect(await transport(noSuchUser.port).deliver(MESSAGE)).toBe('refused');
    const noSuchContent = await serve({
      onData: (stream, _session, done) => {
        stream.resume().on('end', () => done(refuse(554)));
      },
    });
    expect(await transport(noSuchContent.port).deliver(MESSAGE)).toBe('refused');
  });

  it.each([
    ['defers the recipient', { onRcptTo: 451 }],
    ['refuses the sender, which is a matter of configuration', { onMailFrom: 550 }],
    ['refuses the login, which is a matter of configuration', { onAuth: 535 }],
  ])('is tried again when the server %s', async (_, codes) => {
    const hooks = Object.fromEntries(
      Object.entries(codes).map(([hook, responseCode]) => [
        hook,
        (_first: unknown, _session: unknown, done: (error: Error) => void) =>
          done(Object.assign(new Error('no'), { responseCode })),
      ]),
    );
    const server = await serve({ ...tls, ...hooks, disabledCommands: [] });
    const sending = transport(server.port, { security: 'starttls', credentials: CREDENTIALS }).deliver(MESSAGE);
    await expect(sending).rejects.toThrow();
    expect(server.received).toEqual([]);
  });

  it('is tried again when nobody listens, or the server hangs up', async () => {
    await expect(transport(await freePort()).deliver(MESSAGE)).rejects.toThrow();
    const { port } = await script('220 relay\r\n', (_line, socket) => socket.destroy());
    await expect(transport(port).deliver(MESSAGE)).rejects.toThrow();
  });
});
