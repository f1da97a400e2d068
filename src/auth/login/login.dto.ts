import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { TokenPairResponse, tokenPairResponse } from '../auth.dto.ts';
import type { LoginOutcome } from './login-completion.ts';

/** The login is complete. */
export class LoggedInResponse extends TokenPairResponse {
  /** Tells the answers to a login apart. */
  outcome!: 'tokens';
}

/** The password was right; a second factor is asked for at POST /api/auth/mfa/challenge. */
export class SecondFactorRequiredResponse {
  /** Tells the answers to a login apart. */
  outcome!: 'second-factor';

  /** @example true */
  mfa_required!: true;

  /**
   * Binds the second step to this one; good for one login.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  mfa_token!: string;

  /**
   * What this account can use.
   * @example ["totp", "recovery_code"]
   */
  mfa_methods!: ('totp' | 'recovery_code' | 'passkey')[];

  /**
   * Seconds until the token is worth nothing.
   * @example 600
   */
  expires_in!: number;
}

/** The password was right; this server asks the account to set up a second factor first: POST /api/auth/mfa/enrolment. */
export class EnrolmentRequiredResponse {
  /** Tells the answers to a login apart. */
  outcome!: 'enrolment';

  /** @example true */
  mfa_enrolment_required!: true;

  /**
   * Binds the set-up to this step; good for one login.
   * @example "ot_Yy3n7h0b0V7m6s1J9sH8dS0o4oM0x5gWm2x9c0uQm1E"
   */
  mfa_token!: string;

  /**
   * Seconds until the token is worth nothing.
   * @example 600
   */
  expires_in!: number;
}

/** Answer to the first step of a login. */
export type LoginResponse = LoggedInResponse | SecondFactorRequiredResponse | EnrolmentRequiredResponse;

/** Documents the answer of an operation that is the first step of a login. */
export function ApiLoginResponse(): MethodDecorator {
  const models = {
    tokens: LoggedInResponse,
    'second-factor': SecondFactorRequiredResponse,
    enrolment: EnrolmentRequiredResponse,
  };
  const mapping = Object.fromEntries(Object.entries(models).map(([outcome, model]) => [outcome, getSchemaPath(model)]));
  return applyDecorators(
    ApiExtraModels(...Object.values(models)),
    ApiOkResponse({
      schema: {
        oneOf: Object.values(mapping).map(($ref) => ({ $ref })),
        discriminator: { propertyName: 'outcome', mapping },
      },
    }),
  );
}

/** Where a login stands, as its client sees it. */
export function loginResponse(outcome: LoginOutcome): LoginResponse {
  switch (outcome.kind) {
    case 'tokens':
      return Object.assign(tokenPairResponse(outcome.tokens), { outcome: 'tokens' as const });
    case 'second-factor':
      return {
        outcome: 'second-factor',
        mfa_required: true,
        mfa_token: outcome.step.token,
        mfa_methods: [...outcome.methods],
        expires_in: outcome.step.expiresInSeconds,
      };
    case 'enrolment':
      return {
        outcome: 'enrolment',
        mfa_enrolment_required: true,
        mfa_token: outcome.step.token,
        expires_in: outcome.step.expiresInSeconds,
      };
  }
}
