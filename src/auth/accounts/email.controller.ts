import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession, LimitedAs, Public, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { ACCEPTED, AcceptedResponse, AddressRequest, ChangeEmailRequest, LinkTokenRequest } from './email.dto.ts';
import { EmailChangeService } from './email-change.service.ts';
import { EmailVerificationService } from './email-verification.service.ts';

/** The address of an account. */
@ApiTags('auth')
@Controller('auth/email')
export class EmailController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly changes: EmailChangeService,
  ) {}

  @Public()
  @LimitedAs('login')
  @Post('verify')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'email.verify',
    summary: 'Verify an e-mail address',
    description: 'Takes the token of the link in the mail.',
  })
  @ApiNoContentResponse({ description: 'The address is verified.' })
  @Problems('one-time-token-invalid')
  async verify(@Body() { token }: LinkTokenRequest): Promise<void> {
    await this.verification.verify(token);
  }

  @Public()
  @LimitedAs('mail')
  @Post('resend')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'email.resend',
    summary: 'Send the verification mail again',
    description: 'The answer is the same whether there is such an account or not. At most five mails an hour are sent.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('mail-not-configured')
  async resend(@Body() { email }: AddressRequest): Promise<AcceptedResponse> {
    await this.verification.resend(email);
    return ACCEPTED;
  }

  @StepUp()
  @LimitedAs('mail')
  @Post('change')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'email.change',
    summary: 'Request a change of your e-mail address',
    description:
      'Sends a link to the new address and a notice to the current one. The address changes when the link is opened.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('mail-not-configured')
  async change(
    @CurrentSession() principal: SessionPrincipal,
    @Body() { new_email }: ChangeEmailRequest,
  ): Promise<AcceptedResponse> {
    await this.changes.request(principal, new_email);
    return ACCEPTED;
  }

  @Public()
  @LimitedAs('login')
  @Post('change/confirm')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'email.confirmChange',
    summary: 'Confirm a change of e-mail address',
    description: 'Takes the token of the link in the mail to the new address.',
  })
  @ApiNoContentResponse({ description: 'The account has the new address; both addresses are told.' })
  @Problems('one-time-token-invalid', 'email-taken')
  async confirmChange(@Body() { token }: LinkTokenRequest): Promise<void> {
    await this.changes.confirm(token);
  }
}
