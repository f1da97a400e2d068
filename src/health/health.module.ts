import { Module, type DynamicModule } from '@nestjs/common';
import { HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { InFlight } from '../http/in-flight.ts';
import type { DependencyProbe } from './dependency-probe.port.ts';
import { HealthController } from './health.controller.ts';
import { HealthService } from './health.service.ts';
import { NextcloudProbe } from './nextcloud.probe.ts';
import { PostgresProbe } from './postgres.probe.ts';
import { QdrantProbe } from './qdrant.probe.ts';
import { RedisProbe } from './redis.probe.ts';

const PROBES = [PostgresProbe, RedisProbe, QdrantProbe, NextcloudProbe];

/** Liveness and readiness. */
@Module({})
export class HealthModule {
  static register(inFlight: InFlight): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule],
      controllers: [HealthController],
      providers: [
        ...PROBES,
        {
          provide: HealthService,
          inject: [HealthIndicatorService, ...PROBES],
          useFactory: (indicators: HealthIndicatorService, ...probes: DependencyProbe[]) =>
            new HealthService(indicators, inFlight, probes),
        },
      ],
    };
  }
}
