import { Controller, Get, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public, Unlimited } from '../access/declarations.ts';
import { MetricsAccessGuard } from './metrics-access.guard.ts';
import { Metrics } from './metrics.ts';

/** Numbers for Prometheus; no part of the API, hence not in its document. */
@ApiExcludeController()
@Public()
@Unlimited()
@UseGuards(MetricsAccessGuard)
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}
