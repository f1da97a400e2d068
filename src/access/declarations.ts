import {
  SetMetadata,
  applyDecorators,
  createParamDecorator,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExtension, ApiHeader } from '@nestjs/swagger';
import type { Principal, SessionPrincipal } from './principal.ts';
import type { Scope } from './scopes.ts';

/** Metadata keys that the guards read. */
export const IS_PUBLIC = 'access:public';
export const IS_ADMIN_ONLY = 'access:admin';
export const REQUEST_LIMIT = 'access:limit';
export const REQUIRED_SCOPE = 'access:scope';
export const NEEDS_STEP_UP = 'access:step-up';
export const NEEDS_SIGNATURE = 'access:signature';

/** Name of the security scheme in the OpenAPI document; `x-required-scope` tells which operations open to personal access tokens. */
export const BEARER_SCHEME = 'bearer';

/** Opens a route to everybody. Without it every route asks for an access token. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);

/** Closes a route to everybody but administrators (403 `forbidden`). */
export const AdminOnly = (): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(IS_ADMIN_ONLY, true), ApiExtension('x-admin-only', true));

/**
 * Opens a route to personal access tokens that have the scope (403 `insufficient-scope` without it). A route that
 * declares none can be called from a session only. The OpenAPI document says what the guard enforces: both read this.
 */
export const RequireScope = (scope: Scope): MethodDecorator =>
  applyDecorators(SetMetadata(REQUIRED_SCOPE, scope), ApiExtension('x-required-scope', scope));

/** Closes a route unless its user was authenticated recently (403 `step-up-required`): POST /api/auth/step-up. */
export const StepUp = (): MethodDecorator =>
  applyDecorators(SetMetadata(NEEDS_STEP_UP, true), ApiExtension('x-step-up-required', true));

/** How a Nextcloud app of nextcloud-apps/ calls an operation. */
export interface NextcloudAppCall {
  /** Names of the query parameters that it passes on; all that the operation has unless given. */
  readonly query?: readonly string[];
  /** Whether the app tries a new token with it. Such an operation only reads. */
  readonly probe?: boolean;
}

/** The Nextcloud apps that call operations of this server, by app id. */
export type NextcloudAppCalls = Readonly<Partial<Record<'voiceassist_client' | 'voiceassist_admin', NextcloudAppCall>>>;

/** Opens an operation to the gateway of these Nextcloud apps; `npm run generate` writes the list of each. */
export const NextcloudApps = (calls: NextcloudAppCalls): MethodDecorator => ApiExtension('x-nextcloud-app', calls);

/** How the raw body of a route is looked at before it is parsed. */
export interface WatchedBody {
  /** More bytes than this are answered 413. */
  readonly maxBytes?: number;
  /** A body without a Content-Type is JSON. */
  readonly isJsonUnlessSaid?: boolean;
}

/** Lets a route see the digests of its raw body. */
export const WatchesBody = (watchedBody: WatchedBody = {}): MethodDecorator => RouteConfig({ watchedBody });

const SIGNATURE_FIELDS = [
  ['Content-Digest', 'Digest of the body, also of an empty one (RFC 9530). Asked for where requests must be signed.'],
  ['Signature-Input', 'What is signed, when, with which key, and a nonce (RFC 9421 section 4.1).'],
  ['Signature', 'HMAC-SHA-256 of it (RFC 9421 section 4.2). Good once, within 5 minutes.'],
] as const;

/**
 * Closes a route to requests that are not signed (401 `signature-required`, `signature-invalid`) on a server that has
 * keys for it; on others the signature is not looked at. See docs/request-signing.md.
 */
export const SignedRequest = (): MethodDecorator =>
  applyDecorators(
    SetMetadata(NEEDS_SIGNATURE, true),
    WatchesBody(),
    ApiExtension('x-signed-request', true),
    ...SIGNATURE_FIELDS.map(([name, description]) => ApiHeader({ name, description, required: false })),
  );

/** The limits of `LimitsConfig` that a route can choose; `requests` is the one of every other route. */
export type LimitName = 'register' | 'login' | 'refresh' | 'link' | 'doctor' | 'mail' | 'sso' | 'webhook' | 'requests';

/** Counts the requests of a route against a limit of its own (429 `rate-limited`) instead of the general one. */
export const LimitedAs = (name: LimitName): CustomDecorator => SetMetadata(REQUEST_LIMIT, name);

/** Counts the requests of a route against no limit. */
export const Unlimited = (): CustomDecorator => SetMetadata(REQUEST_LIMIT, null);

/** A request that a guard has let through. */
export interface AuthenticatedRequest {
  user?: Principal;
  authenticateAgain?: StandingCredential['authenticateAgain'];
}

/** The credential of a request whose answer outlives the moment at which it was checked. */
export interface StandingCredential {
  readonly principal: Principal;
  /** @returns undefined when the credential does not hold any more; rejects when PostgreSQL cannot tell */
  authenticateAgain(): Promise<Principal | undefined>;
}

/** The principal of the request. Use it on guarded routes only. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Error('CurrentPrincipal on a route without a principal');
  return user;
});

/** The credential of the request, for an answer that is a stream. Use it on guarded routes only. */
export const CurrentCredential = createParamDecorator((_: unknown, context: ExecutionContext): StandingCredential => {
  const { user, authenticateAgain } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined || authenticateAgain === undefined) {
    throw new Error('CurrentCredential on a route without a principal');
  }
  return { principal: user, authenticateAgain };
});

/** The principal of a request that was made in a session. Use it on routes without a scope only. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext): SessionPrincipal => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined || user.sessionId === null) throw new Error('CurrentSession on a route without a session');
  return { ...user, sessionId: user.sessionId, scopes: null };
});
