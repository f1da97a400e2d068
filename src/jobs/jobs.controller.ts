import { Controller, Delete, Get, Param, ParseUUIDPipe, Req, Sse, type MessageEvent } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import {
  CurrentCredential,
  CurrentPrincipal,
  NextcloudApps,
  RequireScope,
  type StandingCredential,
} from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { EventStreams } from '../http/event-streams.ts';
import { DomainError } from '../problem/domain-error.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { JobResponse, JobListResponse, jobResponse } from './job.dto.ts';
import { JobsService } from './jobs.service.ts';

const EVENT_EXAMPLE = `id: 2026-11-22T10:00:00.000Z
event: job
data: {"id":"0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f","kind":"scan","state":"running","progress":{"files_indexed":8}}

`;

const JobId = (): ParameterDecorator =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') }));

/** Watch and cancel what runs in the background. */
@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly streams: EventStreams,
  ) {}

  @RequireScope('jobs:read')
  @NextcloudApps({ voiceassist_client: { probe: true }, voiceassist_admin: { probe: true } })
  @Get()
  @ApiOperation({
    summary: 'List your latest jobs, the newest first',
    description: 'At most 50.',
  })
  @ApiOkResponse({ type: JobListResponse })
  async list(@CurrentPrincipal() principal: Principal): Promise<JobListResponse> {
    return { jobs: (await this.jobs.list(principal)).map(jobResponse) };
  }

  @RequireScope('jobs:read')
  @NextcloudApps({ voiceassist_client: {}, voiceassist_admin: {} })
  @Get(':id')
  @ApiOperation({
    summary: 'Get a job',
    description: 'Shows state, progress and, when it has ended, its result or the code of its problem.',
  })
  @ApiOkResponse({ type: JobResponse })
  async read(@CurrentPrincipal() principal: Principal, @JobId() id: string): Promise<JobResponse> {
    return jobResponse(await this.jobs.get(principal, id));
  }

  @RequireScope('jobs:read')
  @Sse(':id/events')
  @ApiOperation({
    summary: 'Follow a job',
    description:
      'A stream of server-sent events: one `job` with each change, the last one when the job has ended. It ends earlier with its session or token, after an hour, and when the server stops: read the job then, or follow it again. A user may have 10 open.',
  })
  @ApiOkResponse({
    description: 'The `data` of each event is a JobResponse as one line of JSON.',
    content: { 'text/event-stream': { schema: { type: 'string', example: EVENT_EXAMPLE } } },
  })
  @Problems('too-many-streams')
  async follow(
    @CurrentCredential() credential: StandingCredential,
    @JobId() id: string,
    @Req() { raw }: FastifyRequest,
  ): Promise<Observable<MessageEvent>> {
    // A stream cannot answer 404 once it has begun.
    await this.jobs.get(credential.principal, id);
    const { jobs } = this;
    return this.streams.open({
      credential,
      sink: raw.socket,
      async *events(signal) {
        for await (const job of jobs.watch(credential.principal, id, signal)) {
          yield { type: 'job', id: job.updatedAt.toISOString(), data: jobResponse(job) };
        }
      },
    });
  }

  @RequireScope('jobs:write')
  @Delete(':id')
  @ApiOperation({ summary: 'Cancel a job', description: 'Work that is done already is kept.' })
  @ApiOkResponse({ type: JobResponse })
  @Problems('job-finished')
  async cancel(@CurrentPrincipal() principal: Principal, @JobId() id: string): Promise<JobResponse> {
    return jobResponse(await this.jobs.cancel(principal, id));
  }
}
