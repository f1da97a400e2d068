import { Body, Controller, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { UserResponse, UserIdParameter, userResponse } from '../../users/user.dto.ts';
import { ACCEPTED, AcceptedResponse } from './email.dto.ts';
import { PasswordResetService } from './password-reset.service.ts';
import { InviteRequest } from './invitation.dto.ts';
import { InvitationService } from './invitation.service.ts';

/** Ways into an account that administrators open for its owner, and for nobody else. */
@ApiTags('users')
@AdminOnly()
@Problems('mail-not-configured')
@Controller('users')
export class InvitationController {
  constructor(
    private readonly invitations: InvitationService,
    private readonly resets: PasswordResetService,
  ) {}

  @RequireScope('users:write')
  @Post('invitations')
  @ApiOperation({
    operationId: 'users.invite',
    summary: 'Invite a user',
    description: 'Opens an account and sends its owner a link to choose the password.',
  })
  @ApiCreatedResponse({ type: UserResponse })
  @Problems('email-taken')
  async invite(
    @CurrentPrincipal() principal: Principal,
    @Body() { email, full_name, is_admin }: InviteRequest,
  ): Promise<UserResponse> {
    const invitation = { email, fullName: full_name ?? null, isAdmin: is_admin ?? false };
    return userResponse(await this.invitations.invite(principal, invitation));
  }

  @RequireScope('users:write')
  @Post(':user_id/invitation')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'users.inviteAgain',
    summary: 'Send an invitation again',
    description: 'The link that was sent before is refused from now on.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('not-found', 'invitation-accepted')
  async inviteAgain(
    @CurrentPrincipal() principal: Principal,
    @Param() { user_id }: UserIdParameter,
  ): Promise<AcceptedResponse> {
    await this.invitations.sendAgain(principal, user_id);
    return ACCEPTED;
  }

  @RequireScope('users:write')
  @Post(':user_id/password-reset')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'users.resetPassword',
    summary: 'Send a user a password reset link',
    description:
      'Administrators see neither the link nor the password. The current password stays valid until a new one is set.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('not-found', 'account-without-password')
  async resetPassword(
    @CurrentPrincipal() principal: Principal,
    @Param() { user_id }: UserIdParameter,
  ): Promise<AcceptedResponse> {
    await this.resets.send(principal, user_id);
    return ACCEPTED;
  }
}
