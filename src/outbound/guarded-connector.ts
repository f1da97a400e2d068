import { isIP, connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket, type SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import { chainPins, SpkiPins } from './spki-pins.ts';
import type { AddressGuard } from './address-guard.ts';
import { failure, fromTransportError } from './transport-error.ts';
import { DomainError } from '../problem/domain-error.ts';
import type { UpstreamPolicy, UpstreamTrust } from './upstream.policy.ts';

/** Finds all addresses of a host name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** What a connector needs besides the policy. */
export interface ConnectorOptions {
  readonly guard: AddressGuard;
  readonly trust: UpstreamTrust;
  readonly secureContext: SecureContext;
  readonly pins: SpkiPins;
  readonly resolve: ResolveHost;
}

const MAX_ADDRESSES = 4;

/**
 * Connects only to addresses that were checked: every address of the name must pass, and the socket is opened to the
 * checked literal, so a second look-up with another result cannot happen in between (DNS rebinding).
 */
export function guardedConnector(policy: UpstreamPolicy, options: ConnectorOptions): buildConnector.connector {
  return (target, callback) => {
    const deadline = AbortSignal.timeout(policy.connectTimeoutMs);
    open(policy, options, { target, deadline }).then(
      (socket) => callback(null, socket),
      (error: unknown) => {
        const isLate = deadline.aborted && !(error instanceof DomainError);
        callback(
          isLate ? failure('upstream-timeout', policy.name, 'connect') : fromTransportError(error, policy.name),
          null,
        );
      },
    );
  };
}

/**
 * Pins of the keys in the chain of a server's certificate, its own first. The certificate is verified, pins are not.
 * @throws {DomainError} as a connection would; `upstream-misconfigured` for a server without TLS
 */
export async function peerPins(policy: UpstreamPolicy, options: ConnectorOptions): Promise<string[]> {
  const { protocol, hostname, port } = new URL(policy.origin);
  if (protocol !== 'https:') throw failure('upstream-misconfigured', policy.name, 'no-tls');
  const deadline = AbortSignal.timeout(policy.connectTimeoutMs);
  let socket: Socket | undefined;
  try {
    socket = await open(
      policy,
      { ...options, pins: new SpkiPins() },
      { target: { protocol, hostname, port }, deadline },
    );
    return socket instanceof TLSSocket ? chainPins(socket.getPeerCertificate(true)) : [];
  } catch (error) {
    throw fromTransportError(error, policy.name);
  } finally {
    socket?.destroy();
  }
}

interface Attempt {
  readonly target: buildConnector.Options;
  readonly deadline: AbortSignal;
}

async function open(policy: UpstreamPolicy, options: ConnectorOptions, attempt: Attempt): Promise<Socket> {
  const host = attempt.target.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) === 0 ? await withDeadline(options.resolve(host), attempt.deadline) : [host];
  if (addresses.length === 0) throw refused(policy, 'no-address');
  const port = portOf(attempt.target);
  for (const address of addresses) {
    const verdict = options.guard.evaluate({ address, host, port, trust: options.trust });
    if (verdict !== 'allowed') throw refused(policy, verdict);
  }
  let lastError: unknown;
  for (const address of addresses.slice(0, MAX_ADDRESSES)) {
    try {
      return await openSocket(address, host, { attempt, options });
    } catch (error) {
      lastError = error;
      if (attempt.deadline.aborted) break;
    }
  }
  throw lastError;
}

function openSocket(
  address: string,
  host: string,
  { attempt, options }: { attempt: Attempt; options: ConnectorOptions },
): Promise<Socket> {
  const isTls = attempt.target.protocol === 'https:';
  const port = portOf(attempt.target);
  const socket = isTls
    ? connectTls({
        host: address,
        port,
        // RFC 6066 section 3: no server name for an address; the certificate is then checked against the address.
        servername: isIP(host) === 0 ? host.replace(/\.$/, '') : '',
        secureContext: options.secureContext,
        checkServerIdentity: options.pins.checkIdentity(host, port),
        ALPNProtocols: ['http/1.1'],
        // Said although it is the default: the environment variable that turns it off must not win.
        rejectUnauthorized: true,
      })
    : connectTcp({ host: address, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return new Promise((resolve, reject) => {
    // Only our own listeners may go: a TLS socket has an internal one for errors.
    const settle = (error: Error | null): void => {
      attempt.deadline.removeEventListener('abort', onAbort);
      socket.off('error', settle).off('close', onClose);
      if (!error) {
        resolve(socket);
        return;
      }
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const onAbort = (): void => settle(abortReason(attempt.deadline));
    // A server that closes in the middle of the handshake does not always cause an error event.
    const onClose = (): void => settle(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    attempt.deadline.addEventListener('abort', onAbort, { once: true });
    socket.once('error', settle).once('close', onClose);
    socket.once(isTls ? 'secureConnect' : 'connect', () => settle(null));
  });
}

function portOf(target: buildConnector.Options): number {
  return Number(target.port || (target.protocol === 'https:' ? 443 : 80));
}

function withDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(abortReason(deadline)), { once: true });
    work.then(resolve, reject);
  });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}

function refused(policy: UpstreamPolicy, reason: string): DomainError {
  return new DomainError('upstream-refused-address', { logContext: { upstream: policy.name, reason } });
}
