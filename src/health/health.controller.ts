import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { NextcloudApps, Public, Unlimited } from '../access/declarations.ts';
import { HealthResponse, ReadinessResponse } from './health.dto.ts';
import { HealthService } from './health.service.ts';

/** Probes for orchestrators; also answer HEAD. */
@ApiTags('operations')
@Public()
@Unlimited()
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @NextcloudApps({ voiceassist_admin: {} })
  @Get('health')
  @ApiOperation({ summary: 'Check that the process is alive', description: 'Does not ask any dependency.' })
  @ApiOkResponse({ type: HealthResponse })
  live(): HealthResponse {
    return this.health.live();
  }

  @NextcloudApps({ voiceassist_admin: {} })
  @Get('ready')
  @ApiOperation({
    summary: 'Check that the server can answer',
    description: '503 while the database is away or cannot write (a full disk, a standby), or the server is stopping.',
  })
  @ApiOkResponse({ type: ReadinessResponse })
  @ApiServiceUnavailableResponse({
    type: ReadinessResponse,
    description: 'A required dependency is down, or the server is stopping.',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessResponse> {
    const document = await this.health.ready();
    void reply.status(document.status === 'not_ready' ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK);
    return document;
  }
}
