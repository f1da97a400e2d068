import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.ts';
import { FileContentController } from './file-content.controller.ts';
import { FileDownloadsService } from './file-downloads.service.ts';
import { FileOperations } from './file-operations.ts';
import { FileStructureController } from './file-structure.controller.ts';
import { FileStructureService } from './file-structure.service.ts';
import { FileUploadsService } from './file-uploads.service.ts';
import { FilesController } from './files.controller.ts';
import { FilesService } from './files.service.ts';
import { NextcloudDocumentSource } from './nextcloud-document-source.ts';
import { TransferLimit } from './transfer-limit.ts';
import { PathLock } from './path-lock.ts';

/** The files of the linked account: for a program, and as the documents of the index. */
@Module({
  imports: [AccountModule],
  controllers: [FilesController, FileContentController, FileStructureController],
  providers: [
    FileOperations,
    TransferLimit,
    PathLock,
    FilesService,
    FileDownloadsService,
    FileUploadsService,
    FileStructureService,
    NextcloudDocumentSource,
  ],
  exports: [NextcloudDocumentSource],
})
export class FilesModule {}
