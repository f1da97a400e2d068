import { Controller, Delete, Get, Param, ParseUUIDPipe, Sse, type MessageEvent } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Observable } from 'rxjs';
import { CurrentPrincipal, NextcloudApps, RequireScope } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { DomainError } from '../problem/domain-error.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { JobResponse, JobListResponse, jobResponse } from './job.dto.ts';
import { JobsService } from './jobs.service.ts';

const JobId = (): ParameterDecorator =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') }));

/** Watch and cancel what runs in the background. */
@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @RequireScope('jobs:read')
  @NextcloudApps({ voiceassist_client: { probe: true }, voiceassist_admin: { probe: true } })
  @Get()
  @ApiOperation({ summary: 'List my latest jobs, newest first' })
  @ApiOkResponse({ type: JobListResponse })
  async list(@CurrentPrincipal() principal: Principal): Promise<JobListResponse> {
    return { jobs: (await this.jobs.list(principal)).map(jobResponse) };
  }

  @RequireScope('jobs:read')
  @NextcloudApps({ voiceassist_client: {}, voiceassist_admin: {} })
  @Get(':id')
  @ApiOperation({ summary: 'Read a job' })
  @ApiOkResponse({ type: JobResponse })
  async read(@CurrentPrincipal() principal: Principal, @JobId() id: string): Promise<JobResponse> {
    return jobResponse(await this.jobs.get(principal, id));
  }

  @RequireScope('jobs:read')
  @Sse(':id/events')
  @ApiOperation({ summary: 'Follow a job: an event `job` with each change, the last one when it has ended' })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ type: JobResponse, description: 'The data of each event' })
  async follow(@CurrentPrincipal() principal: Principal, @JobId() id: string): Promise<Observable<MessageEvent>> {
    // A stream cannot answer 404 once it has begun.
    await this.jobs.get(principal, id);
    return new Observable((subscriber) => {
      const abort = new AbortController();
      const forward = async (): Promise<void> => {
        for await (const job of this.jobs.watch(principal, id, abort.signal)) {
          subscriber.next({ type: 'job', id: job.updatedAt.toISOString(), data: jobResponse(job) });
        }
      };
      forward().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
      return () => abort.abort();
    });
  }

  @RequireScope('jobs:write')
  @Delete(':id')
  @ApiOperation({ summary: 'Cancel a job; it keeps what it has done' })
  @ApiOkResponse({ type: JobResponse })
  @Problems('job-finished')
  async cancel(@CurrentPrincipal() principal: Principal, @JobId() id: string): Promise<JobResponse> {
    return jobResponse(await this.jobs.cancel(principal, id));
  }
}
