import { readBytes } from '../../outbound/bounded-read.ts';
import type { OutboundClient } from '../../outbound/outbound.client.ts';
import type { UpstreamPolicy } from '../../outbound/upstream.policy.ts';
import { authorizationOf, budgetOf, type NextcloudLogin } from '../dav/nextcloud-credential.ts';
import { readOcsAnswer, type OcsAnswer, type OcsRawAnswer } from './ocs-envelope.ts';

/** Where the Nextcloud is and how it is reached. */
export interface NextcloudEndpoint {
  readonly outbound: OutboundClient;
  readonly policy: UpstreamPolicy;
  /** Address of the Nextcloud, with a path when it is not at the root. */
  readonly baseUrl: string;
}

/** One call of the Nextcloud's HTTP API outside DAV. */
export interface NextcloudCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the base URL, encoded, with query. */
  readonly path: string;
  /** Null sends no credential. */
  readonly login: NextcloudLogin | null;
  readonly form?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  /** False: sent once, even when the connection breaks. */
  readonly isRepeatable?: boolean;
  readonly signal?: AbortSignal;
  /** A question whether the server is well: asked also while it wants to be left alone. */
  readonly isProbe?: boolean;
}

const MAX_BODY_BYTES = 1_024 * 1_024;
const TOTAL_TIMEOUT_MS = 60_000;

/** Sends a call and reads the whole answer, at most 1 MiB. */
export async function callNextcloud(endpoint: NextcloudEndpoint, call: NextcloudCall): Promise<OcsRawAnswer> {
  const { outbound, policy } = endpoint;
  const form = call.form === undefined ? undefined : new URLSearchParams(formEntries(call.form)).toString();
  const response = await outbound.request(policy, {
    method: call.method,
    url: endpoint.baseUrl.replace(/\/+$/, '') + call.path,
    headers: {
      accept: 'application/json',
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...call.headers,
      ...(call.login ? { authorization: authorizationOf(call.login) } : {}),
    },
    ...(form === undefined ? {} : { body: form }),
    ...(call.signal ? { signal: call.signal } : {}),
    ...(call.login ? budgetOf(call.login) : { channel: 'anonymous' }),
    isProbe: call.isProbe ?? false,
    isRepeatable: call.isRepeatable ?? true,
    maxBodyBytes: MAX_BODY_BYTES,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
  });
  const body = await readBytes(response.body, MAX_BODY_BYTES, policy.name);
  return {
    status: response.status,
    contentType: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'],
    bodyText: body.toString('utf8'),
  };
}

/** Sends a call to the OCS API (`path` below `/ocs/v2.php`) and reads its envelope. */
export async function callOcs(endpoint: NextcloudEndpoint, call: NextcloudCall): Promise<OcsAnswer> {
  const path = `/ocs/v2.php${call.path}${call.path.includes('?') ? '&' : '?'}format=json`;
  // Without this field every call with Basic is answered 412.
  const raw = await callNextcloud(endpoint, { ...call, path, headers: { ...call.headers, 'ocs-apirequest': 'true' } });
  return readOcsAnswer(raw, endpoint.policy.name);
}

function formEntries(form: NonNullable<NextcloudCall['form']>): [string, string][] {
  if (!Array.isArray(form)) return Object.entries(form as Readonly<Record<string, string>>);
  return (form as readonly (readonly [string, string])[]).map(([key, value]) => [key, value]);
}
