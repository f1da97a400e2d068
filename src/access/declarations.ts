import { SetMetadata, createParamDecorator, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from './principal.ts';

/** Metadata keys that the guards read. */
export const IS_PUBLIC = 'access:public';
export const IS_ADMIN_ONLY = 'access:admin';
export const REQUEST_LIMIT = 'access:limit';

/** Opens a route to everybody. Without it every route asks for an access token. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);

/** Closes a route to everybody but administrators (403 `forbidden`). */
export const AdminOnly = (): CustomDecorator => SetMetadata(IS_ADMIN_ONLY, true);

/** The limits of `LimitsConfig` that a route can choose; `requests` is the one of every other route. */
export type LimitName = 'register' | 'login' | 'refresh' | 'link' | 'requests';

/** Counts the requests of a route against a limit of its own (429 `rate-limited`) instead of the general one. */
export const LimitedAs = (name: LimitName): CustomDecorator => SetMetadata(REQUEST_LIMIT, name);

/** A request that a guard has let through. */
export interface AuthenticatedRequest {
  user?: Principal;
}

/** The principal of the request. Use it on guarded routes only. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('CurrentPrincipal on a route without a principal');
  return user;
});
