import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { HttpConfig } from '../config/http.config.ts';
import { DomainError } from '../problem/domain-error.ts';

const BEARER = /^Bearer +(\S+)$/i;
/** Any of them says that somebody else stands behind the socket. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/**
 * Keeps the numbers from the public: with METRICS_TOKEN they are for who knows it; without, for programs on this
 * machine, by the address of the socket and not by what a client says.
 */
@Injectable()
export class MetricsAccessGuard implements CanActivate {
  readonly #token: string | undefined;

  constructor(config: HttpConfig) {
    this.#token = config.metricsToken?.reveal();
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.#token === undefined) {
      if (isLocal(request)) return true;
      throw new DomainError('not-found');
    }
    const given = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), digest(this.#token))) return true;
    throw new DomainError('unauthenticated', { headers: { 'www-authenticate': 'Bearer realm="metrics"' } });
  }
}

function isLocal({ raw, headers }: FastifyRequest): boolean {
  const address = raw.socket.remoteAddress;
  if (address === undefined || FORWARDED.some((name) => headers[name] !== undefined)) return false;
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
