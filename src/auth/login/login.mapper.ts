import { tokenPairResponse } from '../tokens/token-pair.mapper.ts';
import type { LoginResponse } from './login.dto.ts';
import type { LoginOutcome } from './login-completion.ts';

/** Where a login stands, as its client sees it. */
export function loginResponse(outcome: LoginOutcome): LoginResponse {
  switch (outcome.kind) {
    case 'tokens':
      return tokenPairResponse(outcome.tokens);
    case 'second-factor':
      return {
        mfa_required: true,
        mfa_token: outcome.step.token,
        mfa_methods: [...outcome.methods],
        expires_in: outcome.step.expiresInSeconds,
      };
    case 'enrolment':
      return {
        mfa_enrolment_required: true,
        mfa_token: outcome.step.token,
        expires_in: outcome.step.expiresInSeconds,
      };
  }
}
