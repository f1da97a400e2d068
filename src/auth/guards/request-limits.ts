import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { ThrottlerModuleOptions } from '@nestjs/throttler';
import { REQUEST_LIMIT, type AuthenticatedRequest, type LimitName } from '../../access/declarations.ts';
import { declared } from '../../access/route-declaration.ts';
import type { LimitsConfig } from '../../config/limits.config.ts';
import { clientNetwork } from '../../http/client-network.ts';
import type { CountingStorage } from './counting-storage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Limit {
  readonly max: number;
  readonly windowMs: number;
}

/** What the limits are made from. */
export interface LimitParts {
  readonly config: LimitsConfig;
  readonly storage: CountingStorage;
  readonly reflector: Reflector;
}

/** Settings of the throttler: each route counts against the limit that it names, by user or by address. */
export function requestLimits({ config, storage, reflector }: LimitParts): ThrottlerModuleOptions {
  const limits: Readonly<Record<LimitName, Limit>> = {
    register: { max: config.registerPerHour, windowMs: HOUR_MS },
    login: { max: config.loginPerMinute, windowMs: MINUTE_MS },
    refresh: { max: config.refreshPerMinute, windowMs: MINUTE_MS },
    link: { max: config.linkPerHour, windowMs: HOUR_MS },
    doctor: { max: config.doctorPerMinute, windowMs: MINUTE_MS },
    mail: { max: config.mailPerHour, windowMs: HOUR_MS },
    webhook: { max: config.webhooksPerMinute, windowMs: MINUTE_MS },
    sso: { max: config.ssoPerMinute, windowMs: MINUTE_MS },
    requests: { max: config.requestsPerMinute, windowMs: MINUTE_MS },
  };
  const declaredName = declared<LimitName>(reflector, REQUEST_LIMIT);
  const nameOf = (context: ExecutionContext): LimitName => declaredName(context) ?? 'requests';
  return {
    storage,
    // What remains is not told in headers: they would differ between answers that must be alike.
    setHeaders: false,
    getTracker: (request) => trackerOf(request as TrackedRequest),
    generateKey: (context, tracker) => `requests:${nameOf(context)}:${tracker}`,
    throttlers: [
      {
        name: 'default',
        limit: (context) => limits[nameOf(context)].max,
        ttl: (context) => limits[nameOf(context)].windowMs,
      },
    ],
  };
}

interface TrackedRequest extends AuthenticatedRequest {
  readonly ip: string;
}

function trackerOf({ user, ip }: TrackedRequest): string {
  return user === undefined ? clientNetwork(ip) : user.userId;
}
