import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { TokenPairDocument } from '../auth.dto.ts';
import { LoginResponse, type LoginDocument } from '../login/login.dto.ts';
import { loginDocument } from '../login/login.mapper.ts';
import { tokenPairDocument } from '../tokens/token-pair.mapper.ts';
import { PasskeyChallengeService } from './passkey-challenge.service.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import {
  AuthenticationOptionsDocument,
  PasskeyChallengeOptionsRequest,
  PasskeyChallengeRequest,
  PasskeyLoginRequest,
} from './passkeys.dto.ts';
import { assertionOf, questionDocument } from './passkeys.mapper.ts';

const BODY_PROBLEMS = [
  'malformed-request',
  'payload-too-large',
  'unsupported-media-type',
  'validation-failed',
] as const;

/** Passkeys at login: by themselves, or as the second step. */
@ApiTags('passkeys')
@Public()
@LimitedAs('login')
@Problems('rate-limited', 'service-unavailable')
@Controller('auth')
export class PasskeyLoginController {
  readonly #logins: PasskeyLoginService;
  readonly #challenges: PasskeyChallengeService;

  constructor(logins: PasskeyLoginService, challenges: PasskeyChallengeService) {
    this.#logins = logins;
    this.#challenges = challenges;
  }

  @Post('passkeys/login-options')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.loginOptions',
    summary: 'Begin a login with a passkey alone',
    description:
      'The answer is for `navigator.credentials.get()`; what that gives goes to POST /api/auth/passkeys/login.',
    security: [],
  })
  @ApiOkResponse({ type: AuthenticationOptionsDocument })
  async loginOptions(): Promise<AuthenticationOptionsDocument> {
    return questionDocument(await this.#logins.createOptions());
  }

  @Post('passkeys/login')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ operationId: 'passkeys.login', summary: 'Log in with a passkey alone', security: [] })
  @LoginResponse()
  @Problems(...BODY_PROBLEMS, 'invalid-passkey', 'email-not-verified')
  async login(@Body() { authentication_token, response }: PasskeyLoginRequest): Promise<LoginDocument> {
    return loginDocument(
      await this.#logins.login({ authenticationToken: authentication_token, response: assertionOf(response) }),
    );
  }

  @Post('passkeys/challenge-options')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.challengeOptions',
    summary: 'Begin the second step of a login with a passkey',
    security: [],
  })
  @ApiOkResponse({ type: AuthenticationOptionsDocument })
  @Problems(...BODY_PROBLEMS, 'invalid-mfa-token', 'no-second-factor')
  async challengeOptions(
    @Body() { mfa_token }: PasskeyChallengeOptionsRequest,
  ): Promise<AuthenticationOptionsDocument> {
    return questionDocument(await this.#challenges.createOptions(mfa_token));
  }

  @Post('mfa/challenge/passkey')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ operationId: 'passkeys.challenge', summary: 'Finish a login with a passkey', security: [] })
  @ApiOkResponse({ type: TokenPairDocument })
  @Problems(...BODY_PROBLEMS, 'invalid-mfa-token', 'invalid-passkey')
  async challenge(
    @Body() { mfa_token, authentication_token, response }: PasskeyChallengeRequest,
  ): Promise<TokenPairDocument> {
    const answer = { authenticationToken: authentication_token, response: assertionOf(response) };
    return tokenPairDocument(await this.#challenges.answer(mfa_token, answer));
  }
}
