import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { InFlight } from '../http/in-flight.ts';
import type { DependencyProbe, ProbeOutcome } from './dependency-probe.port.ts';
import type { DependencyResponse, HealthResponse, ReadinessResponse } from './health.dto.ts';
import { VERSION } from '../http/version.ts';

const PROBE_TIMEOUT_MS = 1500;
const OUTCOME_AGE_MS = 2000;

/** Answers whether the process runs and whether it can serve. */
@Injectable()
export class HealthService {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly inFlight: InFlight,
    private readonly probes: readonly DependencyProbe[],
  ) {}

  live(): HealthResponse {
    return {
      status: 'healthy',
      version: VERSION,
      timestamp: new Date().toISOString(),
      uptime: Math.round(process.uptime()),
    };
  }

  async ready(): Promise<ReadinessResponse> {
    // A stopping server says so at once, whatever its dependencies do.
    const asked = this.inFlight.isStopping ? [] : this.probes;
    const entries = await Promise.all(
      asked.map(async (probe): Promise<[string, DependencyResponse]> => [probe.key, await this.#ask(probe)]),
    );
    const found = entries.map(([, dependency]) => dependency);
    const isDown = (required: boolean): boolean =>
      found.some((each) => each.status === 'down' && each.required === required);
    return {
      status: this.inFlight.isStopping || isDown(true) ? 'not_ready' : isDown(false) ? 'degraded' : 'ready',
      checks: Object.fromEntries(
        entries.map(([key, { status }]) => [key, status === 'not_configured' ? null : status === 'up']),
      ),
      details: Object.fromEntries(entries),
      timestamp: new Date().toISOString(),
    };
  }

  /** Outcomes are shared by all callers for a while, so probes never add to the load of a server in trouble. */
  async #ask(probe: DependencyProbe): Promise<DependencyResponse> {
    const result = (await this.indicators
      .check(probe.key)
      .attempt(async ({ signal }) => ({ outcome: await probe.probe(signal) }))
      .withTimeout(PROBE_TIMEOUT_MS)
      .cacheFor(OUTCOME_AGE_MS)) as HealthIndicatorResult<
      string,
      'up' | 'down',
      { outcome?: ProbeOutcome; responseTime: number }
    >;
    const found = result[probe.key];
    const status = found?.status === 'up' ? (found.outcome ?? 'up') : 'down';
    return { status, required: probe.isRequired, response_time_ms: Math.round(found?.responseTime ?? 0) };
  }
}
