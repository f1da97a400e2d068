import { Injectable } from '@nestjs/common';
import passport from 'passport';
import { AccessTokenLoader } from '../access-tokens/access-token-loader.ts';
import { isAccessToken } from '../access-tokens/access-token-secret.ts';
import { bearerToken } from './bearer-token.ts';

/** Name under which the guard finds the strategy. */
export const ACCESS_TOKEN_STRATEGY = 'access-token';

/** Accepts personal access tokens from the Authorization header. */
@Injectable()
export class AccessTokenStrategy {
  constructor(tokens: AccessTokenLoader) {
    passport.use(ACCESS_TOKEN_STRATEGY, {
      // Passport calls it on an object that it derives from this one for each request.
      authenticate(request) {
        const token = bearerToken(request);
        if (token === null || !isAccessToken(token)) {
          this.fail(undefined);
          return;
        }
        tokens.findPrincipal(token).then(
          (principal) => (principal === undefined ? this.fail(undefined) : this.success(principal)),
          (error: unknown) => this.error(error),
        );
      },
    });
  }
}
