import { Body, Controller, Get, HttpCode, HttpStatus, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, NextcloudApps, RequireScope } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { IndexStateQuery, IndexStateResponse, indexStateResponse } from './index-state/index-state.dto.ts';
import { IndexStateService } from './index-state/index-state.service.ts';
import {
  AcceptedJobResponse,
  IndexFileRequest,
  IndexResponse,
  ScanQuery,
  ScanResponse,
  WaitQuery,
  acceptedJobResponse,
  indexRequest,
  indexResponse,
  scanRequest,
  scanResponse,
} from './indexing.dto.ts';
import { IndexingService } from './indexing.service.ts';
import { NEXTCLOUD_FILES } from './sources/document-source.types.ts';
import { SOURCE_PROBLEMS } from './sources/source-problems.ts';

const OF_A_JOB = [...SOURCE_PROBLEMS, 'job-cancelled'] as const;

/** Makes files of the linked account answerable. */
@ApiTags('files')
@Controller('integrations/files')
@Problems('internal-error')
export class IndexingController {
  constructor(
    private readonly indexing: IndexingService,
    private readonly indexStates: IndexStateService,
  ) {}

  @RequireScope('files:index')
  @NextcloudApps({ voiceassist_client: {} })
  @Post('scan-and-index')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Scan your files and index what has changed',
    description:
      'Looks at the watched folders of the linked account. A scan that takes longer than the request waits is answered with 202 and goes on as a job.',
  })
  @ApiOkResponse({ type: ScanResponse })
  @ApiAcceptedResponse({ type: AcceptedJobResponse, description: 'The scan goes on; Location names its job.' })
  @Problems(...OF_A_JOB)
  async scan(
    @CurrentPrincipal() principal: Principal,
    @Query() query: ScanQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScanResponse | AcceptedJobResponse> {
    const { job, isDone, watchDirectories } = await this.indexing.scan(principal, scanRequest(query));
    return isDone ? scanResponse(job, watchDirectories) : accepted(reply, acceptedJobResponse(job));
  }

  @RequireScope('files:index')
  @NextcloudApps({ voiceassist_client: {} })
  @Post('index')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Index one file',
    description:
      'Of any folder of the linked account. Work that takes longer than the request waits is answered with 202 and goes on as a job.',
  })
  @ApiOkResponse({ type: IndexResponse })
  @ApiAcceptedResponse({ type: AcceptedJobResponse, description: 'The work goes on; Location names its job.' })
  @Problems(
    ...OF_A_JOB,
    'not-found',
    'file-not-found',
    'not-a-file',
    'file-too-large',
    'resource-locked',
    'unsupported-document-type',
    'document-encrypted',
    'document-unreadable',
    'document-empty',
    'document-set-aside',
    'excluded-by-rule',
  )
  // eslint-disable-next-line no-restricted-syntax -- one parameter per source of the request
  async index(
    @CurrentPrincipal() principal: Principal,
    @Body() request: IndexFileRequest,
    @Query() query: WaitQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IndexResponse | AcceptedJobResponse> {
    const { job, document } = await this.indexing.indexFile(principal, indexRequest(request, query));
    return document === null ? accepted(reply, acceptedJobResponse(job)) : indexResponse(job, document);
  }

  @RequireScope('documents:read')
  @NextcloudApps({ voiceassist_client: {} })
  @Get('index-state')
  @ApiOperation({
    summary: 'Explain whether a file is indexed',
    description: 'Names the state, the rule that decided and the reason of a failure.',
  })
  @ApiOkResponse({ type: IndexStateResponse })
  @Problems(...SOURCE_PROBLEMS, 'not-found', 'not-a-file')
  async indexState(
    @CurrentPrincipal() { userId }: Principal,
    @Query() { path }: IndexStateQuery,
  ): Promise<IndexStateResponse> {
    return indexStateResponse(await this.indexStates.explain({ userId, source: NEXTCLOUD_FILES }, path));
  }
}

function accepted(reply: FastifyReply, job: AcceptedJobResponse): AcceptedJobResponse {
  void reply.status(HttpStatus.ACCEPTED).header('location', `/api/jobs/${job.id}`);
  return job;
}
