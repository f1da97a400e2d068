import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  ProvisioningDocument,
  ProvisioningPageDocument,
  ProvisioningPageQuery,
  ProvisioningParameter,
  provisioningDocument,
  rowStates,
} from './provisionings.dto.ts';
import { ProvisioningsService } from './provisionings.service.ts';

const DEFAULT_PAGE_SIZE = 50;

/** What became of each account in Nextcloud, for administrators. */
@ApiTags('nextcloud users')
@AdminOnly()
@Problems('unauthenticated', 'forbidden', 'validation-failed', 'rate-limited', 'service-unavailable')
@Controller('integrations/nextcloud/provisionings')
export class ProvisioningsController {
  readonly #provisionings: ProvisioningsService;

  constructor(provisionings: ProvisioningsService) {
    this.#provisionings = provisionings;
  }

  @RequireScope('nextcloud-users:read')
  @Get()
  @ApiOperation({
    operationId: 'nextcloudProvisionings.list',
    summary: 'List what became of the accounts in Nextcloud: made, matched, waiting or failed',
  })
  @ApiOkResponse({ type: ProvisioningPageDocument })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() { state, limit, cursor }: ProvisioningPageQuery,
  ): Promise<ProvisioningPageDocument> {
    const page = await this.#provisionings.list(principal, {
      states: rowStates(state),
      limit: limit ?? DEFAULT_PAGE_SIZE,
      cursor,
    });
    return { provisionings: page.rows.map(provisioningDocument), next_cursor: page.nextCursor };
  }

  @RequireScope('nextcloud-users:write')
  @Post(':user_id/retry')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'nextcloudProvisionings.retry',
    summary: 'Try a failed or waiting provisioning again at once',
  })
  @ApiOkResponse({ type: ProvisioningDocument })
  @Problems('not-found')
  async retry(
    @CurrentPrincipal() principal: Principal,
    @Param() { user_id }: ProvisioningParameter,
  ): Promise<ProvisioningDocument> {
    return provisioningDocument(await this.#provisionings.retry(principal, user_id));
  }
}
