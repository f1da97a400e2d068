import {
  Controller,
  Delete,
  Get,
  Head,
  Headers,
  HttpCode,
  HttpStatus,
  Put,
  Query,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { StreamedBody } from '../../http/streamed-body.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { sendFile, sendFileHead } from './content-answer.ts';
import { downloadRequest, requiredVersions, signalOfLeaving, uploadRequest } from './content-request.ts';
import { FileDownloadsService } from './file-downloads.service.ts';
import { OF_THE_ACCOUNT } from './file-problems.ts';
import { FileStructureService } from './file-structure.service.ts';
import { FileUploadsService } from './file-uploads.service.ts';
import { FilePathQuery, UploadedFileResponse, uploadedFileResponse } from './files.dto.ts';
import { FilesService } from './files.service.ts';

const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
const OF_THIS_VERSION = { name: 'If-Match', required: false, description: 'Entity tags; 412 for any other version.' };
const OF_OTHER_VERSIONS = { name: 'If-None-Match', required: false, description: 'Entity tags; 304 for these.' };

/** The content of single files of the linked account. */
@ApiTags('files')
@Controller('integrations/files/content')
@Problems(...OF_THE_ACCOUNT, 'not-a-file', 'etag-mismatch')
export class FileContentController {
  constructor(
    private readonly files: FilesService,
    private readonly downloads: FileDownloadsService,
    private readonly uploads: FileUploadsService,
    private readonly structure: FileStructureService,
  ) {}

  // Before GET: the framework would answer HEAD by starting a download.
  @RequireScope('files:read')
  @Head()
  @ApiOperation({
    summary: 'Get the header fields of a download',
    description: 'The same fields as the download, without the content.',
  })
  @ApiHeader(OF_THIS_VERSION)
  @ApiHeader(OF_OTHER_VERSIONS)
  @ApiOkResponse({ description: 'Header fields of the whole file.', content: BYTES })
  @ApiResponse({ status: HttpStatus.NOT_MODIFIED, description: 'The client has this version.' })
  // eslint-disable-next-line no-restricted-syntax -- one parameter per source of the request
  async head(
    @CurrentPrincipal() principal: Principal,
    @Query() { path }: FilePathQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const wanted = downloadRequest(path, request, signalOfLeaving(reply));
    sendFileHead(reply, await this.files.stat(principal, path), wanted);
  }

  @RequireScope('files:read')
  @Get()
  @ApiOperation({
    summary: 'Download a file',
    description:
      'Streams. One range is answered with 206; several at once with the whole file (RFC 9110 section 14.2). An answer that ends early is incomplete: compare its length with Content-Length. Nextcloud refuses writes to a file above 2 MiB while its download lasts.',
  })
  @ApiHeader({ name: 'Range', required: false, description: 'One range of bytes, for example bytes=0-1023.' })
  @ApiHeader({ name: 'If-Range', required: false, description: 'Entity tag of the version that Range is meant for.' })
  @ApiHeader(OF_THIS_VERSION)
  @ApiHeader(OF_OTHER_VERSIONS)
  @ApiOkResponse({ description: 'The whole file.', content: BYTES })
  @ApiResponse({ status: HttpStatus.PARTIAL_CONTENT, description: 'The range.', content: BYTES })
  @ApiResponse({ status: HttpStatus.NOT_MODIFIED, description: 'The client has this version.' })
  @Problems('range-not-satisfiable', 'service-busy')
  // eslint-disable-next-line no-restricted-syntax -- one parameter per source of the request
  async download(
    @CurrentPrincipal() principal: Principal,
    @Query() { path }: FilePathQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const wanted = downloadRequest(path, request, signalOfLeaving(reply));
    return sendFile(reply, await this.downloads.openFile(principal, wanted));
  }

  @RequireScope('files:write')
  @Put()
  @StreamedBody()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Upload a file',
    description:
      'The body is the content, whatever its Content-Type, up to FILES_MAX_UPLOAD_MB; without a Content-Length too. The file appears, or is replaced, at the end and at once. The folder must exist.',
  })
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'Entity tag of the version to replace, or * for any. This or If-None-Match is required.',
  })
  @ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: '* to write a new file. One of the two is required.',
  })
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiOkResponse({ type: UploadedFileResponse, description: 'A version was replaced.' })
  @ApiCreatedResponse({ type: UploadedFileResponse, description: 'The file is new.' })
  @Problems(
    'malformed-request',
    'precondition-required',
    'parent-not-found',
    'file-too-large',
    'storage-full',
    'request-timeout',
    'service-busy',
    'service-stopping',
  )
  // eslint-disable-next-line no-restricted-syntax -- one parameter per source of the request
  async upload(
    @CurrentPrincipal() principal: Principal,
    @Query() { path }: FilePathQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UploadedFileResponse> {
    const written = await this.uploads.upload(principal, uploadRequest(path, request, signalOfLeaving(reply)));
    void reply.status(written.isNew ? HttpStatus.CREATED : HttpStatus.OK).header('etag', written.etag);
    return uploadedFileResponse(written);
  }

  @RequireScope('files:write')
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Delete a file',
    description: 'Folders are refused: DELETE /folders. Nextcloud keeps it in its trash bin where that is on.',
  })
  @ApiHeader({ name: 'If-Match', required: true, description: 'Entity tag of the file, or * for any.' })
  @ApiNoContentResponse({ description: 'Deleted.' })
  @Problems('precondition-required')
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Query() { path }: FilePathQuery,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.structure.delete(principal, { path, kind: 'file', etags: requiredVersions(ifMatch) });
  }
}
