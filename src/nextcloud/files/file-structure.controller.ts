import { Body, Controller, Delete, Headers, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { requiredVersions } from './content-request.ts';
import { readEntityTags } from './entity-tags.ts';
import { OF_THE_ACCOUNT } from './file-problems.ts';
import { FileStructureService } from './file-structure.service.ts';
import { CreateFolderRequest, FileResponse, FilePathQuery, MoveFileRequest, fileResponse } from './files.dto.ts';

const MAY_CARRY_VERSION = {
  name: 'If-Match',
  required: false,
  description: 'Entity tags; the file or folder must still have one of them.',
};

/** Folders of the linked account, and what lies where in it. */
@ApiTags('files')
@Controller('integrations/files')
@Problems(...OF_THE_ACCOUNT)
export class FileStructureController {
  constructor(private readonly structure: FileStructureService) {}

  @RequireScope('files:write')
  @Post('folders')
  @ApiOperation({ summary: 'Create a folder', description: 'In a folder that exists.' })
  @ApiCreatedResponse({ type: FileResponse })
  @Problems('file-exists', 'parent-not-found')
  async createFolder(
    @CurrentPrincipal() principal: Principal,
    @Body() { path, recursive = false }: CreateFolderRequest,
  ): Promise<FileResponse> {
    return fileResponse(await this.structure.createFolder(principal, path, recursive));
  }

  @RequireScope('files:write')
  @Delete('folders')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    summary: 'Delete a folder with all that is in it',
    description:
      'The entity tag of a folder changes with everything below it, so If-Match protects files that were added since. Nextcloud keeps it in its trash bin where that is on.',
  })
  @ApiHeader({ name: 'If-Match', required: true, description: 'Entity tag of the folder, or * for any.' })
  @ApiNoContentResponse({ description: 'Deleted.' })
  @Problems('malformed-request', 'not-a-folder', 'precondition-required', 'etag-mismatch')
  async deleteFolder(
    @CurrentPrincipal() principal: Principal,
    @Query() { path }: FilePathQuery,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.structure.delete(principal, { path, kind: 'folder', etags: requiredVersions(ifMatch) });
  }

  @RequireScope('files:write')
  @Post('move')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Move or rename a file or folder', description: 'It keeps its file id.' })
  @ApiHeader(MAY_CARRY_VERSION)
  @ApiOkResponse({ type: FileResponse })
  @Problems('file-exists', 'parent-not-found', 'etag-mismatch', 'storage-full')
  async move(
    @CurrentPrincipal() principal: Principal,
    @Body() { from, to, overwrite = false }: MoveFileRequest,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<FileResponse> {
    const etags = readEntityTags('If-Match', ifMatch);
    return fileResponse(await this.structure.move(principal, { from, to, overwrites: overwrite, etags }));
  }

  @RequireScope('files:write')
  @Post('copy')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Copy a file or folder',
    description: 'A folder is copied with all that is in it. The copy has a file id of its own.',
  })
  @ApiHeader(MAY_CARRY_VERSION)
  @ApiOkResponse({ type: FileResponse })
  @Problems('file-exists', 'parent-not-found', 'etag-mismatch', 'storage-full')
  async copy(
    @CurrentPrincipal() principal: Principal,
    @Body() { from, to, overwrite = false }: MoveFileRequest,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<FileResponse> {
    const etags = readEntityTags('If-Match', ifMatch);
    return fileResponse(await this.structure.copy(principal, { from, to, overwrites: overwrite, etags }));
  }
}
