import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { TokenPairResponse, tokenPairResponse } from '../auth.dto.ts';
import { ApiLoginResponse, type LoginResponse, loginResponse } from '../login/login.dto.ts';
import { PasskeyChallengeService } from './passkey-challenge.service.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import {
  AuthenticationOptionsResponse,
  PasskeyChallengeOptionsRequest,
  PasskeyChallengeRequest,
  PasskeyLoginRequest,
  assertionOf,
  authenticationOptionsResponse,
} from './passkeys.dto.ts';

/** Passkeys at login: by themselves, or as the second step. */
@ApiTags('passkeys')
@Public()
@LimitedAs('login')
@Controller('auth')
export class PasskeyLoginController {
  constructor(
    private readonly logins: PasskeyLoginService,
    private readonly challenges: PasskeyChallengeService,
  ) {}

  @Post('passkeys/login-options')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.loginOptions',
    summary: 'Start a login with a passkey',
    description:
      'The answer is for `navigator.credentials.get()`; what that gives goes to POST /api/auth/passkeys/login.',
  })
  @ApiOkResponse({ type: AuthenticationOptionsResponse })
  async loginOptions(): Promise<AuthenticationOptionsResponse> {
    return authenticationOptionsResponse(await this.logins.createOptions());
  }

  @Post('passkeys/login')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.login',
    summary: 'Log in with a passkey',
    description: 'A passkey that verified its user counts as two factors.',
  })
  @ApiLoginResponse()
  @Problems('invalid-passkey', 'email-not-verified')
  async login(@Body() { authentication_token, response }: PasskeyLoginRequest): Promise<LoginResponse> {
    return loginResponse(
      await this.logins.login({ authenticationToken: authentication_token, response: assertionOf(response) }),
    );
  }

  @Post('passkeys/challenge-options')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.challengeOptions',
    summary: 'Start the second step of a login with a passkey',
    description: 'Answers with the options for `navigator.credentials.get()`.',
  })
  @ApiOkResponse({ type: AuthenticationOptionsResponse })
  @Problems('invalid-mfa-token', 'no-second-factor')
  async challengeOptions(
    @Body() { mfa_token }: PasskeyChallengeOptionsRequest,
  ): Promise<AuthenticationOptionsResponse> {
    return authenticationOptionsResponse(await this.challenges.createOptions(mfa_token));
  }

  @Post('mfa/challenge/passkey')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.challenge',
    summary: 'Complete a login with a passkey',
    description: 'As the second step after the password.',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  @Problems('invalid-mfa-token', 'invalid-passkey')
  async challenge(
    @Body() { mfa_token, authentication_token, response }: PasskeyChallengeRequest,
  ): Promise<TokenPairResponse> {
    const answer = { authenticationToken: authentication_token, response: assertionOf(response) };
    return tokenPairResponse(await this.challenges.answer(mfa_token, answer));
  }
}
