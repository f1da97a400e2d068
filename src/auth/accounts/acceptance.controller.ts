import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { ApiLoginResponse, type LoginResponse, loginResponse } from '../login/login.dto.ts';
import { AcceptanceService } from './acceptance.service.ts';
import { AcceptInvitationRequest } from './invitation.dto.ts';

/** The answer to an invitation. */
@ApiTags('auth')
@Controller('auth/accept-invitation')
export class AcceptanceController {
  constructor(private readonly acceptance: AcceptanceService) {}

  @Public()
  @LimitedAs('login')
  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'auth.acceptInvitation',
    summary: 'Accept an invitation',
    description: 'Sets the password of the account and logs in.',
  })
  @ApiLoginResponse()
  @Problems('one-time-token-invalid', 'service-busy', 'service-stopping')
  async accept(@Body() { token, password, full_name }: AcceptInvitationRequest): Promise<LoginResponse> {
    return loginResponse(await this.acceptance.accept({ token, password, fullName: full_name }));
  }
}
