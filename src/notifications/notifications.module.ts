import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Global, Logger, Module } from '@nestjs/common';
import { HttpConfig } from '../config/http.config.ts';
import { MailConfig } from '../config/mail.config.ts';
import { OutboundConfig } from '../config/outbound.config.ts';
import { StorageConfig } from '../config/storage.config.ts';
import { trustedCertificates } from '../outbound/tls-context.ts';
import { DeletedMailsTask } from './deleted-mails.task.ts';
import { FolderTransport } from './folder-transport.ts';
import { MailCleanup } from './mail-cleanup.task.ts';
import { MailDelivery } from './mail-delivery.task.ts';
import { MailTransport } from './mail-transport.port.ts';
import { Notifier } from './notifier.ts';
import { SmtpTransport } from './smtp-transport.ts';

/** What the server writes to its users. */
@Global()
@Module({
  providers: [
    Notifier,
    MailCleanup,
    DeletedMailsTask,
    MailDelivery,
    {
      provide: MailTransport,
      inject: [MailConfig, HttpConfig, StorageConfig, OutboundConfig],
      useFactory: (...[mail, http, storage, outbound]: [MailConfig, HttpConfig, StorageConfig, OutboundConfig]) =>
        smtpTransport(mail, http, outbound) ?? new FolderTransport(join(resolve(storage.dataDir), 'mail')),
    },
  ],
  exports: [Notifier],
})
export class NotificationsModule {}

function smtpTransport(mail: MailConfig, http: HttpConfig, outbound: OutboundConfig): SmtpTransport | undefined {
  const { smtpHost, port, smtpSecurity, username, password, from } = mail;
  if (smtpHost === undefined || from === undefined) {
    if (http.isProduction) new Logger('Mail').warn('No SMTP server is configured: users are not told of changes');
    return undefined;
  }
  return new SmtpTransport({
    host: smtpHost,
    port,
    security: smtpSecurity,
    credentials: username !== undefined && password ? { user: username, pass: password.reveal() } : undefined,
    from,
    ownName: new URL(http.origin).hostname,
    certificates: trustedCertificates(
      outbound.caFile === undefined ? undefined : readFileSync(outbound.caFile, 'utf8'),
    ),
  });
}
