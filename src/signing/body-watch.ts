import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { WatchedBody } from '../access/declarations.ts';
import type { BodyDigests } from './content-digest.ts';

const watches = new WeakMap<object, BodyWatch>();

/** Lets the routes that declare it see the digests of their raw bodies. Nothing is kept but the digests. */
export function watchBodies(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    const declared = (request.routeOptions.config as { watchedBody?: WatchedBody }).watchedBody;
    if (declared === undefined) {
      done(null, payload);
      return;
    }
    // Nextcloud does not say of which type its webhooks are.
    if (declared.isJsonUnlessSaid === true) request.headers['content-type'] ??= 'application/json';
    const watch = new BodyWatch(declared.maxBytes);
    watches.set(request.raw, watch);
    payload.on('error', (error) => watch.destroy(error));
    // Refused before it is parsed, a body has no other listener.
    watch.on('error', () => undefined);
    // What nobody has read by the time of the answer would keep the connection waiting.
    reply.raw.once('finish', () => payload.unpipe(watch).resume());
    done(null, payload.pipe(watch));
  });
}

/**
 * The digests of the body that the handler sees: of the empty one when none was announced; null when there is one that
 * was not read to its end, or the route does not declare that it wants them.
 */
export function findBodyDigests({ raw, headers }: FastifyRequest): BodyDigests | null {
  const isAnnounced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return watches.get(raw)?.digests(isAnnounced) ?? null;
}

/** Passes a body on and computes its digests. */
class BodyWatch extends Transform {
  readonly #hashes = { 'sha-256': createHash('sha256'), 'sha-512': createHash('sha512') };
  readonly #maxBytes: number;
  #digests: BodyDigests | undefined;
  /** Read by the framework, which compares it with Content-Length. */
  receivedEncodedLength = 0;

  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    super();
    this.#maxBytes = maxBytes;
  }

  digests(isBodyAnnounced: boolean): BodyDigests | undefined {
    if (this.#digests === undefined && !isBodyAnnounced && this.receivedEncodedLength === 0) this.#conclude();
    return this.#digests;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.receivedEncodedLength += chunk.length;
    if (this.receivedEncodedLength > this.#maxBytes) {
      done(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
      return;
    }
    for (const hash of Object.values(this.#hashes)) hash.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.#conclude();
    done();
  }

  #conclude(): void {
    this.#digests ??= {
      'sha-256': this.#hashes['sha-256'].digest(),
      'sha-512': this.#hashes['sha-512'].digest(),
    };
  }
}
