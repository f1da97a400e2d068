import { Controller, Get, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, NextcloudApps, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import {
  DocumentListResponse,
  DocumentResponse,
  DocumentsQuery,
  documentListResponse,
  documentResponse,
} from './document.dto.ts';
import { DocumentsService } from './documents.service.ts';

const DEFAULT_LIMIT = 50;

const DocumentId = (): ParameterDecorator =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') }));

/** What is known of the own documents. */
@ApiTags('knowledge')
@Controller('documents')
export class DocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @RequireScope('documents:read')
  @NextcloudApps({ voiceassist_client: { probe: true } })
  @Get()
  @ApiOperation({ summary: 'List your documents', description: 'The newest first. Read on with `next_cursor`.' })
  @ApiOkResponse({ type: DocumentListResponse })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() { state, cursor, limit = DEFAULT_LIMIT }: DocumentsQuery,
  ): Promise<DocumentListResponse> {
    return documentListResponse(await this.documents.list(principal, { state, cursor, limit }));
  }

  @RequireScope('documents:read')
  @NextcloudApps({ voiceassist_client: {} })
  @Get(':id')
  @ApiOperation({
    summary: 'Get a document',
    description: 'Its state, its place in the source and what was read of it.',
  })
  @ApiOkResponse({ type: DocumentResponse })
  async read(@CurrentPrincipal() principal: Principal, @DocumentId() id: string): Promise<DocumentResponse> {
    return documentResponse(await this.documents.get(principal, id));
  }
}
