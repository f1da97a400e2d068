import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { signalOfLeaving } from './content-request.ts';
import { OF_THE_ACCOUNT } from './file-problems.ts';
import {
  FileResponse,
  FileListResponse,
  FileListQuery,
  FilePathQuery,
  FileQuotaResponse,
  FileSearchResponse,
  FileSearchQuery,
  fileResponse,
  fileListResponse,
  fileQuery,
  fileQuotaResponse,
  fileSearchResponse,
  nameOfCursor,
} from './files.dto.ts';
import { FilesService } from './files.service.ts';

const DEFAULT_PAGE = 200;
const DEFAULT_HITS = 100;

/** Looking at the files of the linked account. */
@ApiTags('files')
@Controller('integrations/files')
@Problems(...OF_THE_ACCOUNT)
export class FilesController {
  constructor(private readonly files: FilesService) {}

  @RequireScope('files:read')
  @Get()
  @ApiOperation({
    summary: 'List a folder',
    description:
      'Names are ordered by their code units. A folder that changes between two pages repeats and loses nothing but what has changed.',
  })
  @ApiOkResponse({ type: FileListResponse })
  @Problems('not-a-folder')
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: FileListQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FileListResponse> {
    const { path = '/', limit = DEFAULT_PAGE } = query;
    const after = nameOfCursor(query.cursor);
    const page = await this.files.list(principal, { path, limit, after, signal: signalOfLeaving(reply) });
    return fileListResponse(page);
  }

  @RequireScope('files:read')
  @Get('stat')
  @ApiOperation({
    summary: 'Get a file or folder',
    description: 'Its size, times, entity tag and permissions, without the content.',
  })
  @ApiOkResponse({ type: FileResponse })
  async stat(
    @CurrentPrincipal() principal: Principal,
    @Query() { path }: FilePathQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FileResponse> {
    const found = await this.files.stat(principal, path);
    void reply.header('etag', found.etag);
    return fileResponse(found);
  }

  @RequireScope('files:read')
  @Get('search')
  @ApiOperation({
    summary: 'Search files and folders',
    description:
      'Searches names only; for the contents use POST /api/realtime/query. Give at least one of query, media_type and modified_after.',
  })
  @ApiOkResponse({ type: FileSearchResponse })
  async search(
    @CurrentPrincipal() principal: Principal,
    @Query() query: FileSearchQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FileSearchResponse> {
    const bounds = { limit: query.limit ?? DEFAULT_HITS, signal: signalOfLeaving(reply) };
    return fileSearchResponse(await this.files.search(principal, fileQuery(query), bounds));
  }

  @RequireScope('files:read')
  @Get('quota')
  @ApiOperation({ summary: 'Get the quota of the linked account', description: 'Used and available bytes.' })
  @ApiOkResponse({ type: FileQuotaResponse })
  async quota(@CurrentPrincipal() principal: Principal): Promise<FileQuotaResponse> {
    return fileQuotaResponse(await this.files.quota(principal));
  }
}
