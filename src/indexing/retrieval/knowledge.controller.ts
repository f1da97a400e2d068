import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, NextcloudApps, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { AnswerResponse, QueryRequest, answerResponse, retrievalQuestion } from './knowledge.dto.ts';
import { KnowledgeService } from './knowledge.service.ts';

/** Questions to the own documents. */
@ApiTags('knowledge')
@Controller('realtime')
export class KnowledgeController {
  constructor(private readonly knowledge: KnowledgeService) {}

  @RequireScope('knowledge:query')
  @NextcloudApps({ voiceassist_client: {} })
  @Post('query')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Ask your indexed documents',
    description: 'The answer quotes documents and cites the place of each quote. It is empty when no document answers.',
  })
  @ApiOkResponse({ type: AnswerResponse })
  @Problems('search-index-full')
  async query(@CurrentPrincipal() principal: Principal, @Body() request: QueryRequest): Promise<AnswerResponse> {
    return answerResponse(await this.knowledge.ask(principal, retrievalQuestion(request)));
  }
}
