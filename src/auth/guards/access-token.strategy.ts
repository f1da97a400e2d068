import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Strategy } from 'passport';
import { AccessTokenLoader } from '../access-tokens/access-token-loader.ts';
import { isAccessToken } from '../access-tokens/access-token-secret.ts';
import { bearerToken } from './bearer-token.ts';

/** Accepts personal access tokens from the Authorization header. */
@Injectable()
export class AccessTokenStrategy extends Strategy {
  constructor(private readonly tokens: AccessTokenLoader) {
    super();
  }

  /** Passport calls it on an object that it derives from this one for each request. */
  override authenticate(request: IncomingMessage): void {
    const token = bearerToken(request);
    if (token === null || !isAccessToken(token)) {
      this.fail(undefined);
      return;
    }
    this.tokens.findPrincipal(token).then(
      (principal) => (principal === undefined ? this.fail(undefined) : this.success(principal)),
      (error: unknown) => this.error(error),
    );
  }
}
