import { Body, Controller, HttpCode, HttpStatus, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { ChangePasswordRequest } from './password.dto.ts';
import { PasswordService } from './password.service.ts';

/** The own password. */
@ApiTags('users')
@Controller('users/me/password')
export class PasswordController {
  constructor(private readonly passwords: PasswordService) {}

  @Put()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'users.changePassword',
    summary: 'Change your own password',
    description: 'Every other session of the account ends at once; this one stays active.',
  })
  @ApiNoContentResponse({ description: 'The password is changed.' })
  @Problems('wrong-password', 'service-busy', 'service-stopping')
  async change(@CurrentSession() principal: SessionPrincipal, @Body() request: ChangePasswordRequest): Promise<void> {
    await this.passwords.change(principal, {
      currentPassword: request.current_password,
      newPassword: request.new_password,
    });
  }
}
