import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { NextcloudGroupsService } from './nextcloud-groups.service.ts';
import {
  CreateNextcloudGroupRequest,
  NextcloudGroupResponse,
  NextcloudGroupPageResponse,
  NextcloudPageQuery,
} from './nextcloud-users.dto.ts';
import { pageOf, PROVISIONING_PROBLEMS } from './provisioning-requests.ts';

/** Groups of Nextcloud, for administrators. */
@ApiTags('nextcloud users')
@AdminOnly()
@Problems(...PROVISIONING_PROBLEMS)
@Controller('integrations/nextcloud/groups')
export class NextcloudGroupsController {
  constructor(private readonly groups: NextcloudGroupsService) {}

  @RequireScope('nextcloud-users:read')
  @Get()
  @ApiOperation({
    operationId: 'nextcloudGroups.list',
    summary: 'List and search groups of Nextcloud',
    description: 'Read on with `next_cursor`.',
  })
  @ApiOkResponse({ type: NextcloudGroupPageResponse })
  async list(@Query() query: NextcloudPageQuery): Promise<NextcloudGroupPageResponse> {
    const { entries, nextOffset } = await this.groups.list(pageOf(query));
    return { groups: [...entries], next_cursor: nextOffset?.toString() ?? null };
  }

  @RequireScope('nextcloud-users:write')
  @Post()
  @ApiOperation({
    operationId: 'nextcloudGroups.create',
    summary: 'Create a group of Nextcloud',
    description: 'Without members.',
  })
  @ApiCreatedResponse({ type: NextcloudGroupResponse })
  @Problems('nextcloud-group-exists', 'nextcloud-change-refused')
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body() { id }: CreateNextcloudGroupRequest,
  ): Promise<NextcloudGroupResponse> {
    await this.groups.create(principal, id);
    return { id };
  }
}
