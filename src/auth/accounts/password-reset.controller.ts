import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { ACCEPTED, AcceptedResponse, AddressRequest } from './email.dto.ts';
import { ResetPasswordRequest } from '../password/password.dto.ts';
import { PasswordResetService } from './password-reset.service.ts';

/** A forgotten password. */
@ApiTags('auth')
@Controller('auth/password')
export class PasswordResetController {
  constructor(private readonly resets: PasswordResetService) {}

  @Public()
  @LimitedAs('mail')
  @Post('forgot')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'password.forgot',
    summary: 'Request a password reset',
    description: 'The answer is the same whether there is such an account or not. At most five mails an hour are sent.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('mail-not-configured')
  async forgot(@Body() { email }: AddressRequest): Promise<AcceptedResponse> {
    await this.resets.requestReset(email);
    return ACCEPTED;
  }

  @Public()
  @LimitedAs('login')
  @Post('reset')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'password.reset',
    summary: 'Reset a password',
    description:
      'Ends every session and every personal access token of the account. Second factors stay and are asked for at the next login.',
  })
  @ApiNoContentResponse({ description: 'The password is changed; log in with it.' })
  @Problems('one-time-token-invalid', 'service-busy', 'service-stopping')
  async reset(@Body() { token, new_password }: ResetPasswordRequest): Promise<void> {
    await this.resets.renew({ token, newPassword: new_password });
  }
}
