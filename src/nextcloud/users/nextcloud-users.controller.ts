import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope, SignedRequest, StepUp } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  CreateNextcloudUserRequest,
  NextcloudMembershipParameter,
  NextcloudPageQuery,
  NextcloudUserResponse,
  NextcloudUserPageResponse,
  NextcloudUserParameter,
  UpdateNextcloudUserRequest,
  nextcloudUserResponse,
} from './nextcloud-users.dto.ts';
import { NextcloudUsersService } from './nextcloud-users.service.ts';
import { pageOf, PROVISIONING_PROBLEMS } from './provisioning-requests.ts';

/** Users of Nextcloud, for administrators. */
@ApiTags('nextcloud users')
@AdminOnly()
@Problems(...PROVISIONING_PROBLEMS)
@Controller('integrations/nextcloud/users')
export class NextcloudUsersController {
  constructor(private readonly users: NextcloudUsersService) {}

  @RequireScope('nextcloud-users:read')
  @Get()
  @ApiOperation({
    operationId: 'nextcloudUsers.list',
    summary: 'List and search users of Nextcloud',
    description: 'Read on with `next_cursor`.',
  })
  @ApiOkResponse({ type: NextcloudUserPageResponse })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() query: NextcloudPageQuery,
  ): Promise<NextcloudUserPageResponse> {
    const { entries, nextOffset } = await this.users.list(principal, pageOf(query));
    return { users: entries.map(nextcloudUserResponse), next_cursor: nextOffset?.toString() ?? null };
  }

  @RequireScope('nextcloud-users:write')
  @Post()
  @ApiOperation({
    operationId: 'nextcloudUsers.create',
    summary: 'Create a user of Nextcloud',
    description: 'Nextcloud mails a link to choose the password where none is given.',
  })
  @ApiCreatedResponse({ type: NextcloudUserResponse })
  @Problems('nextcloud-user-exists', 'nextcloud-user-refused', 'nextcloud-password-refused', 'nextcloud-user-protected')
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() body: CreateNextcloudUserRequest,
  ): Promise<NextcloudUserResponse> {
    const user = await this.users.create(principal, {
      uid: body.id,
      password: body.password ?? null,
      displayName: body.display_name ?? null,
      email: body.email ?? null,
      groups: body.groups ?? [],
      quotaBytes: body.quota_bytes,
    });
    return nextcloudUserResponse(user);
  }

  @RequireScope('nextcloud-users:read')
  @Get(':id')
  @ApiOperation({
    operationId: 'nextcloudUsers.get',
    summary: 'Get a user of Nextcloud',
    description: 'With groups and quota.',
  })
  @ApiOkResponse({ type: NextcloudUserResponse })
  @Problems('nextcloud-user-not-found')
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param() { id }: NextcloudUserParameter,
  ): Promise<NextcloudUserResponse> {
    return nextcloudUserResponse(await this.users.read(principal, id));
  }

  @RequireScope('nextcloud-users:write')
  @Put(':id')
  @ApiOperation({
    operationId: 'nextcloudUsers.update',
    summary: 'Change name, address or quota of a user of Nextcloud',
    description: 'Fields are changed one after another and read back; `errors` names those that are not stored.',
  })
  @ApiOkResponse({ type: NextcloudUserResponse })
  @Problems('nextcloud-user-not-found', 'nextcloud-user-protected', 'nextcloud-change-refused')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param() { id }: NextcloudUserParameter,
    @Body() body: UpdateNextcloudUserRequest,
  ): Promise<NextcloudUserResponse> {
    const edit = { displayName: body.display_name, email: body.email, quotaBytes: body.quota_bytes };
    return nextcloudUserResponse(await this.users.edit(principal, id, edit));
  }

  @StepUp()
  @SignedRequest()
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'nextcloudUsers.delete',
    summary: 'Delete a user of Nextcloud',
    description: 'Nextcloud deletes all files, calendars and contacts of that user.',
  })
  @ApiNoContentResponse({ description: 'The user and everything that belonged to it is gone from Nextcloud.' })
  @Problems('nextcloud-user-not-found', 'nextcloud-user-protected', 'nextcloud-change-refused')
  async delete(@CurrentPrincipal() principal: Principal, @Param() { id }: NextcloudUserParameter): Promise<void> {
    await this.users.delete(principal, id);
  }

  @RequireScope('nextcloud-users:write')
  @Post(':id/enable')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'nextcloudUsers.enable',
    summary: 'Enable a user of Nextcloud',
    description: 'The user can log in to Nextcloud again.',
  })
  @ApiOkResponse({ type: NextcloudUserResponse })
  @Problems('nextcloud-user-not-found', 'nextcloud-user-protected')
  async enable(
    @CurrentPrincipal() principal: Principal,
    @Param() { id }: NextcloudUserParameter,
  ): Promise<NextcloudUserResponse> {
    return nextcloudUserResponse(await this.users.setEnabled(principal, id, true));
  }

  @RequireScope('nextcloud-users:write')
  @Post(':id/disable')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'nextcloudUsers.disable',
    summary: 'Disable a user of Nextcloud',
    description: 'The user can no longer log in to Nextcloud; nothing is deleted.',
  })
  @ApiOkResponse({ type: NextcloudUserResponse })
  @Problems('nextcloud-user-not-found', 'nextcloud-user-protected')
  async disable(
    @CurrentPrincipal() principal: Principal,
    @Param() { id }: NextcloudUserParameter,
  ): Promise<NextcloudUserResponse> {
    return nextcloudUserResponse(await this.users.setEnabled(principal, id, false));
  }

  @RequireScope('nextcloud-users:write')
  @Put(':id/groups/:group')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'nextcloudUsers.addToGroup',
    summary: 'Add a user of Nextcloud to a group',
    description: 'A user who is in the group stays in it.',
  })
  @ApiNoContentResponse({ description: 'The user is a member.' })
  @Problems(
    'nextcloud-user-not-found',
    'nextcloud-group-not-found',
    'nextcloud-user-protected',
    'nextcloud-change-refused',
  )
  async addToGroup(
    @CurrentPrincipal() principal: Principal,
    @Param() { id, group }: NextcloudMembershipParameter,
  ): Promise<void> {
    await this.users.setMember(principal, { uid: id, groupId: group }, true);
  }

  @RequireScope('nextcloud-users:write')
  @Delete(':id/groups/:group')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'nextcloudUsers.removeFromGroup',
    summary: 'Remove a user of Nextcloud from a group',
    description: 'A user who is not in the group is left as is.',
  })
  @ApiNoContentResponse({ description: 'The user is no member.' })
  @Problems(
    'nextcloud-user-not-found',
    'nextcloud-group-not-found',
    'nextcloud-user-protected',
    'nextcloud-change-refused',
  )
  async removeFromGroup(
    @CurrentPrincipal() principal: Principal,
    @Param() { id, group }: NextcloudMembershipParameter,
  ): Promise<void> {
    await this.users.setMember(principal, { uid: id, groupId: group }, false);
  }
}
