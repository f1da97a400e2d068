import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, ParseUUIDPipe, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, LimitedAs, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { UPSTREAM_PROBLEMS } from '../../problem/upstream-problems.ts';
import {
  AccountResponse,
  LinkAccountRequest,
  LinkResponse,
  StartedLinkResponse,
  UnlinkResponse,
  accountResponse,
  linkResponse,
} from './account.dto.ts';
import { AccountService } from './account.service.ts';
import { LinkService } from './link.service.ts';
import { RotationService } from './rotation.service.ts';

/** The Nextcloud account of the caller. */
@ApiTags('nextcloud account')
@Controller('integrations/nextcloud')
export class AccountController {
  constructor(
    private readonly accounts: AccountService,
    private readonly links: LinkService,
    private readonly rotations: RotationService,
  ) {}

  @LimitedAs('link')
  @Post('link')
  @ApiOperation({
    summary: 'Start to link a Nextcloud account',
    description:
      'Login Flow v2: open `login_url` in a browser, then ask GET /api/integrations/nextcloud/link/{id} every 2 to 5 seconds.',
  })
  @ApiCreatedResponse({ type: StartedLinkResponse })
  @Problems('nextcloud-not-configured', ...UPSTREAM_PROBLEMS)
  async startLink(@CurrentPrincipal() principal: Principal): Promise<StartedLinkResponse> {
    const { link, loginUrl } = await this.links.start(principal);
    return { link_id: link.id, login_url: loginUrl, expires_at: link.expiresAt.toISOString() };
  }

  @Get('link/:id')
  @ApiOperation({
    summary: 'Get the state of a link that was started',
    description: 'Answers from the database; Nextcloud is not asked.',
  })
  @ApiOkResponse({ type: LinkResponse })
  async readLink(
    @CurrentPrincipal() principal: Principal,
    @Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') })) id: string,
  ): Promise<LinkResponse> {
    return linkResponse(await this.links.read(principal, id));
  }

  @LimitedAs('link')
  @Put('account')
  @ApiOperation({
    summary: 'Link a Nextcloud account by hand',
    description:
      'Takes a login name and an app password, which are tried once. A password is exchanged for an app password and not kept.',
  })
  @ApiOkResponse({ type: AccountResponse })
  @Problems(
    'account-link-invalid',
    'account-suspended',
    'app-password-required',
    'nextcloud-not-configured',
    ...UPSTREAM_PROBLEMS,
  )
  async linkByHand(
    @CurrentPrincipal() principal: Principal,
    @Body() body: LinkAccountRequest,
  ): Promise<AccountResponse> {
    return accountResponse(await this.accounts.linkByHand(principal, body.login_name, body.app_password));
  }

  @RequireScope('nextcloud:read')
  @Get('account')
  @ApiOperation({
    summary: 'Get the linked Nextcloud account',
    description: 'Its user, its state and when it was linked.',
  })
  @ApiOkResponse({ type: AccountResponse })
  @Problems('account-not-linked')
  async readAccount(@CurrentPrincipal() principal: Principal): Promise<AccountResponse> {
    return accountResponse(await this.accounts.get(principal));
  }

  @Post('account/rotate')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Replace the app password', description: 'Nextcloud refuses the old one within seconds.' })
  @ApiOkResponse({ type: AccountResponse })
  @Problems(
    'account-not-linked',
    'account-link-invalid',
    'account-suspended',
    'rotation-in-progress',
    'nextcloud-change-refused',
    'nextcloud-not-configured',
    ...UPSTREAM_PROBLEMS,
  )
  async rotate(@CurrentPrincipal() principal: Principal): Promise<AccountResponse> {
    return accountResponse(await this.rotations.rotate(principal));
  }

  @Delete('account')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Unlink the Nextcloud account',
    description: 'Revokes the app password in Nextcloud and removes the documents of the account from the index.',
  })
  @ApiOkResponse({ type: UnlinkResponse })
  @Problems('account-not-linked', 'nextcloud-not-configured')
  async unlink(@CurrentPrincipal() principal: Principal): Promise<UnlinkResponse> {
    return { revocation: await this.accounts.unlink(principal) };
  }
}
