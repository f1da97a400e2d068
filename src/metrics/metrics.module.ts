import { Global, Module } from '@nestjs/common';
import { LoginMetrics } from './login-metrics.ts';
import { MetricsAccessGuard } from './metrics-access.guard.ts';
import { MetricsController } from './metrics.controller.ts';
import { Metrics } from './metrics.ts';

/** What this process counts. */
@Global()
@Module({
  controllers: [MetricsController],
  providers: [LoginMetrics, Metrics, MetricsAccessGuard],
  exports: [Metrics],
})
export class MetricsModule {}
