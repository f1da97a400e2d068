import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memoryUsage, uptime } from 'node:process';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const NS_PER_SECOND = 1e9;
const LOOP_RESOLUTION_MS = 20;
const DURATION_BUCKETS_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

type Series = ReturnType<Histogram<'method' | 'route' | 'status'>['labels']>;

/** One answered request. */
export interface AnsweredRequest {
  readonly method: string;
  /** Template of the route, never a path: a path may hold names. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** Numbers of this process for Prometheus. Labels are names from the code: no id, address or name of anybody. */
@Injectable()
export class Metrics implements OnModuleDestroy {
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #requests = new Histogram({
    name: 'voiceassist_http_request_duration_seconds',
    help: 'Answered requests by method, route template and class of status; _count is their number',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers: this.#registers,
  });
  readonly #logins = new Counter({
    name: 'voiceassist_logins_total',
    help: 'Logins by outcome',
    labelNames: ['outcome'] as const,
    registers: this.#registers,
  });
  readonly #alerts = new Counter({
    name: 'voiceassist_alerts_total',
    help: 'Alerts by kind',
    labelNames: ['kind'] as const,
    registers: this.#registers,
  });
  readonly #jobs = new Counter({
    name: 'voiceassist_jobs_total',
    help: 'Jobs that this process has ended, by kind and final state',
    labelNames: ['kind', 'state'] as const,
    registers: this.#registers,
  });
  /** The library looks a series up by hashing its labels; one look-up of our own is cheaper. */
  readonly #series = new Map<string, Series>();

  constructor() {
    this.#loopDelay.enable();
    const delay = this.#loopDelay;
    new Gauge({
      name: 'voiceassist_event_loop_delay_seconds',
      help: 'Delay of the event loop since the numbers were last read, by statistic',
      labelNames: ['statistic'] as const,
      registers: this.#registers,
      collect() {
        this.set({ statistic: 'median' }, delay.percentile(50) / NS_PER_SECOND);
        this.set({ statistic: 'p99' }, delay.percentile(99) / NS_PER_SECOND);
        this.set({ statistic: 'max' }, delay.max / NS_PER_SECOND);
        delay.reset();
      },
    });
    new Gauge({
      name: 'voiceassist_process_resident_memory_bytes',
      help: 'Memory of the process',
      registers: this.#registers,
      collect() {
        this.set(memoryUsage.rss());
      },
    });
    new Gauge({
      name: 'voiceassist_process_uptime_seconds',
      help: 'Age of the process',
      registers: this.#registers,
      collect() {
        this.set(uptime());
      },
    });
  }

  /** Content-Type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All numbers in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  answered({ method, route, status, seconds }: AnsweredRequest): void {
    const statusClass = `${Math.floor(status / 100)}xx`;
    const key = `${method} ${statusClass} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#requests.labels({ method, route, status: statusClass });
      this.#series.set(key, series);
    }
    series.observe(seconds);
  }

  loggedIn(outcome: string): void {
    this.#logins.inc({ outcome });
  }

  alerted(kind: string): void {
    this.#alerts.inc({ kind });
  }

  jobEnded(kind: string, state: string): void {
    this.#jobs.inc({ kind, state });
  }

  onModuleDestroy(): void {
    this.#loopDelay.disable();
  }
}
