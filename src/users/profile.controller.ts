import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireScope, StepUp } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { AccountDeletionService } from './account-deletion.service.ts';
import { ProfileService } from './profile.service.ts';
import { UpdateProfileRequest, UserResponse, userResponse } from './user.dto.ts';

/** The own account. */
@ApiTags('users')
@Controller('users/me')
export class ProfileController {
  constructor(
    private readonly profile: ProfileService,
    private readonly deletion: AccountDeletionService,
  ) {}

  @RequireScope('profile:read')
  @Get()
  @ApiOperation({
    operationId: 'users.getMe',
    summary: 'Get your own account',
    description: 'Name, address, role and time of the last login.',
  })
  @ApiOkResponse({ type: UserResponse })
  async read(@CurrentPrincipal() principal: Principal): Promise<UserResponse> {
    return userResponse(await this.profile.own(principal));
  }

  @Put()
  @ApiOperation({
    operationId: 'users.updateMe',
    summary: 'Change your own name',
    description: 'A name of null removes it.',
  })
  @ApiOkResponse({ type: UserResponse })
  async update(@CurrentPrincipal() principal: Principal, @Body() request: UpdateProfileRequest): Promise<UserResponse> {
    return userResponse(await this.profile.update(principal, { fullName: request.full_name }));
  }

  @StepUp()
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'users.deleteMe',
    summary: 'Close your own account',
    description:
      'Deactivates it and ends every session, token and job of it. An administrator can activate it again or delete it for good.',
  })
  @ApiNoContentResponse({ description: 'The account is closed; the token of this request is refused from now on.' })
  @Problems('last-administrator')
  async close(@CurrentPrincipal() principal: Principal): Promise<void> {
    await this.deletion.closeOwn(principal);
  }
}
