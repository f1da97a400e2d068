import {
  createLocalJWKSet,
  errors,
  type CryptoKey,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { OidcError } from '../../identities/oidc.errors.ts';
import type { JsonRequest } from './json-request.ts';

const MAX_BYTES = 256 * 1_024;
const MAX_KEYS = 100;
const KEPT_MS = 10 * 60 * 1_000;
/** Between two requests, whatever tokens ask for: strangers choose the `kid` of a token. */
const LEAST_PAUSE_MS = 60 * 1_000;
/** After a request that failed. */
const PAUSE_AFTER_FAILURE_MS = 5 * 1_000;

type LocalKeys = ReturnType<typeof createLocalJWKSet>;

/** Which key to look for, and where its issuer publishes it. */
export interface KeyLookup {
  readonly jwksUri: string;
  readonly header: JWSHeaderParameters;
  readonly token: FlattenedJWSInput;
  readonly signal: AbortSignal;
}

/** The keys of one issuer (RFC 7517 section 5), kept for ten minutes; an unknown `kid` may renew them once a minute. */
export class Jwks {
  #known: { readonly keys: LocalKeys; readonly atMs: number } | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #running: Promise<LocalKeys> | undefined;

  constructor(
    private readonly jsonRequest: JsonRequest,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws OidcError `keys` when the issuer has no such key */
  async key(lookup: KeyLookup): Promise<CryptoKey> {
    const isFresh = this.#known !== undefined && this.now() - this.#known.atMs < KEPT_MS;
    const keys = isFresh ? this.#known?.keys : undefined;
    const found = await find(keys ?? (await this.#renew(lookup)), lookup);
    return found ?? (await find(await this.#renew(lookup), lookup)) ?? fail();
  }

  /** Those who come meanwhile share the request. The keys known so far stay until there are new ones. */
  #renew(lookup: KeyLookup): Promise<LocalKeys> {
    if (this.#running !== undefined) return this.#running;
    if (this.now() < this.#notBeforeMs) return Promise.reject(new OidcError('keys'));
    this.#notBeforeMs = this.now() + PAUSE_AFTER_FAILURE_MS;
    this.#running = this.#ask(lookup).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #ask({ jwksUri, signal }: KeyLookup): Promise<LocalKeys> {
    const { status, value } = await this.jsonRequest.send({ url: jwksUri, maxBytes: MAX_BYTES, signal });
    const { keys } = value;
    if (status !== 200 || !Array.isArray(keys) || keys.length > MAX_KEYS) throw new OidcError('keys');
    try {
      const atMs = this.now();
      this.#known = { keys: createLocalJWKSet(value as unknown as JSONWebKeySet), atMs };
      this.#notBeforeMs = atMs + LEAST_PAUSE_MS;
      return this.#known.keys;
    } catch (error) {
      throw new OidcError('keys', { cause: error });
    }
  }
}

/** @returns undefined when none has the `kid` and the algorithm of the header */
async function find(keys: LocalKeys, { header, token }: KeyLookup): Promise<CryptoKey | undefined> {
  try {
    return await keys(header, token);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw new OidcError('keys', { cause: error });
  }
}

function fail(): never {
  throw new OidcError('keys');
}
