import { Module } from '@nestjs/common';
import { DocumentSource } from '../../indexing/sources/document-source.port.ts';
import { AccountModule } from '../account/account.module.ts';
import { NextcloudDocumentSource } from './nextcloud-document-source.ts';

/** The files of the linked accounts. */
@Module({
  imports: [AccountModule],
  providers: [{ provide: DocumentSource, useClass: NextcloudDocumentSource }],
  exports: [DocumentSource],
})
export class WebdavModule {}
