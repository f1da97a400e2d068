import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, NextcloudApps, RequireScope } from '../access/declarations.ts';
import { JobOverviewResponse, jobOverviewResponse } from './job-overview.dto.ts';
import { JobOverview } from './job-overview.ts';

/** The jobs of all users, in numbers. */
@ApiTags('operations')
@AdminOnly()
@Controller('admin/jobs')
export class JobOverviewController {
  constructor(private readonly overview: JobOverview) {}

  @RequireScope('operations:read')
  @NextcloudApps({ voiceassist_admin: { probe: true } })
  @Get()
  @ApiOperation({
    operationId: 'jobs.overview',
    summary: 'See the jobs of all users in numbers',
    description: 'How many are queued, run or wait for another server, and why jobs of the last 24 hours failed.',
  })
  @ApiOkResponse({ type: JobOverviewResponse })
  async read(): Promise<JobOverviewResponse> {
    return jobOverviewResponse(await this.overview.read());
  }
}
