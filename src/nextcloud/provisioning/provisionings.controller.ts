import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  ProvisioningResponse,
  ProvisioningPageResponse,
  ProvisioningPageQuery,
  ProvisioningParameter,
  provisioningResponse,
  rowStates,
} from './provisionings.dto.ts';
import { ProvisioningsService } from './provisionings.service.ts';

const DEFAULT_PAGE_SIZE = 50;

/** What became of each account in Nextcloud, for administrators. */
@ApiTags('nextcloud users')
@AdminOnly()
@Controller('integrations/nextcloud/provisionings')
export class ProvisioningsController {
  constructor(private readonly provisionings: ProvisioningsService) {}

  @RequireScope('nextcloud-users:read')
  @Get()
  @ApiOperation({
    operationId: 'nextcloudProvisionings.list',
    summary: 'List the provisionings',
    description: 'What became of each account in Nextcloud: created, matched with an existing user, waiting or failed.',
  })
  @ApiOkResponse({ type: ProvisioningPageResponse })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() { state, limit, cursor }: ProvisioningPageQuery,
  ): Promise<ProvisioningPageResponse> {
    const page = await this.provisionings.list(principal, {
      states: rowStates(state),
      limit: limit ?? DEFAULT_PAGE_SIZE,
      cursor,
    });
    return { provisionings: page.rows.map(provisioningResponse), next_cursor: page.nextCursor };
  }

  @RequireScope('nextcloud-users:write')
  @Post(':user_id/retry')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'nextcloudProvisionings.retry',
    summary: 'Retry a provisioning',
    description: 'One that failed or waits is tried again at once.',
  })
  @ApiOkResponse({ type: ProvisioningResponse })
  @Problems('not-found')
  async retry(
    @CurrentPrincipal() principal: Principal,
    @Param() { user_id }: ProvisioningParameter,
  ): Promise<ProvisioningResponse> {
    return provisioningResponse(await this.provisionings.retry(principal, user_id));
  }
}
