import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { TokenPairResponse, tokenPairResponse } from '../auth.dto.ts';
import { ChallengeService } from './challenge.service.ts';
import { EnrolmentService } from './enrolment.service.ts';
import {
  ChallengeRequest,
  ConfirmEnrolmentRequest,
  EnrolledResponse,
  EnrolmentRequest,
  TotpSetUpResponse,
  enrolledResponse,
  totpSetUpResponse,
} from './mfa.dto.ts';

/** The second step of a login. */
@ApiTags('second factor')
@Public()
@LimitedAs('login')
@Problems('invalid-mfa-token')
@Controller('auth/mfa')
export class ChallengeController {
  constructor(
    private readonly challenges: ChallengeService,
    private readonly enrolments: EnrolmentService,
  ) {}

  @Post('challenge')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'mfa.challenge',
    summary: 'Complete a login with a code',
    description: 'A code of the authenticator app, or a recovery code, which is good once.',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  @Problems('invalid-second-factor')
  async challenge(@Body() { mfa_token, code }: ChallengeRequest): Promise<TokenPairResponse> {
    return tokenPairResponse(await this.challenges.answer(mfa_token, code));
  }

  @Post('enrolment')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'mfa.beginEnrolment',
    summary: 'Start to set up the second factor that a login requires',
    description: 'May be repeated; each answer has a fresh secret, which replaces the one before.',
  })
  @ApiOkResponse({ type: TotpSetUpResponse })
  @Problems('second-factor-exists')
  async beginEnrolment(@Body() { mfa_token }: EnrolmentRequest): Promise<TotpSetUpResponse> {
    return totpSetUpResponse(await this.enrolments.begin(mfa_token));
  }

  @Post('enrolment/confirm')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'mfa.confirmEnrolment',
    summary: 'Complete a login by activating the authenticator app',
    description: 'Takes the first code that the app shows.',
  })
  @ApiOkResponse({ type: EnrolledResponse })
  @Problems('invalid-second-factor', 'no-second-factor', 'second-factor-exists')
  async confirmEnrolment(@Body() { mfa_token, code }: ConfirmEnrolmentRequest): Promise<EnrolledResponse> {
    return enrolledResponse(await this.enrolments.confirm(mfa_token, code.replace(' ', '')));
  }
}
