import { Body, Controller, Get, Headers, HttpCode, HttpStatus, Post, Put, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  IndexRulesRequest,
  IndexRulesResponse,
  RulesPreviewResponse,
  chosenRules,
  indexRulesResponse,
  rulesPreviewResponse,
} from './index-rules.dto.ts';
import { NEXTCLOUD_FILES, type UserSource } from '../sources/document-source.types.ts';
import { SOURCE_PROBLEMS } from '../sources/source-problems.ts';
import { IndexRulesService, type KeptRules } from './index-rules.service.ts';
import { RulesPreviewService } from './rules-preview.service.ts';

/** Which files of the own account are indexed. */
@ApiTags('files')
@Controller('integrations/files/index-rules')
@Problems('internal-error')
export class IndexRulesController {
  constructor(
    private readonly rules: IndexRulesService,
    private readonly preview: RulesPreviewService,
  ) {}

  @RequireScope('documents:read')
  @Get()
  @ApiOperation({
    summary: 'Get your index rules',
    description: 'Together with the rules of the operator, and what follows from both.',
  })
  @ApiOkResponse({ type: IndexRulesResponse, description: 'ETag names the version, for If-Match.' })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IndexRulesResponse> {
    return answer(reply, await this.rules.get(filesOf(principal)));
  }

  @RequireScope('files:index')
  @Put()
  @ApiOperation({ summary: 'Replace your index rules', description: 'The next scan applies them to all files.' })
  @ApiHeader({ name: 'if-match', required: true, description: 'ETag of the rules that are replaced, for example "0".' })
  @ApiOkResponse({ type: IndexRulesResponse, description: 'ETag names the version, for If-Match.' })
  @Problems('etag-mismatch', 'precondition-required')
  // eslint-disable-next-line no-restricted-syntax -- one parameter per source of the request
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Body() request: IndexRulesRequest,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IndexRulesResponse> {
    return answer(reply, await this.rules.put(filesOf(principal), chosenRules(request), versionOf(ifMatch)));
  }

  @RequireScope('files:index')
  @Post('dry-run')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Preview index rules',
    description: 'Tells which files would be indexed and which documents would leave the index. Nothing is written.',
  })
  @ApiOkResponse({ type: RulesPreviewResponse })
  @Problems(...SOURCE_PROBLEMS)
  async dryRun(
    @CurrentPrincipal() principal: Principal,
    @Body() request: IndexRulesRequest,
  ): Promise<RulesPreviewResponse> {
    return rulesPreviewResponse(await this.preview.preview(filesOf(principal), chosenRules(request)));
  }
}

function filesOf({ userId }: Principal): UserSource {
  return { userId, source: NEXTCLOUD_FILES };
}

function answer(reply: FastifyReply, rules: KeptRules): IndexRulesResponse {
  void reply.header('etag', `"${rules.version}"`);
  return indexRulesResponse(rules);
}

/** @throws DomainError `precondition-required`; `etag-mismatch` for what no version ever had as its ETag */
function versionOf(ifMatch: string | undefined): number {
  if (ifMatch === undefined) throw new DomainError('precondition-required');
  const version = /^"(\d{1,9})"$/.exec(ifMatch.trim())?.[1];
  if (version === undefined) throw new DomainError('etag-mismatch');
  return Number(version);
}
