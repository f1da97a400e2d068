import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { IdentitiesService } from './identities.service.ts';
import { IdentityLinkService } from './identity-link.service.ts';
import { AddIdentityRequest, IdentityResponse, IdentityListResponse, identityResponse } from './identities.dto.ts';

/** Who the user is at other issuers. */
@ApiTags('single sign-on')
@Controller('auth/identities')
export class IdentitiesController {
  constructor(
    private readonly identities: IdentitiesService,
    private readonly links: IdentityLinkService,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'identities.list',
    summary: 'List your linked identities',
    description: 'The providers that can log you in.',
  })
  @ApiOkResponse({ type: IdentityListResponse })
  async list(@CurrentSession() principal: SessionPrincipal): Promise<IdentityListResponse> {
    return { identities: (await this.identities.list(principal)).map(identityResponse) };
  }

  @Post()
  @ApiOperation({
    operationId: 'identities.add',
    summary: 'Finish linking a provider',
    description: 'Only in the session that began it: POST /api/auth/oidc/{provider}/link.',
  })
  @ApiCreatedResponse({ type: IdentityResponse })
  @Problems('invalid-link-code', 'identity-taken', 'not-found')
  async add(
    @CurrentSession() principal: SessionPrincipal,
    @Body() { code }: AddIdentityRequest,
  ): Promise<IdentityResponse> {
    return identityResponse(await this.links.confirm(principal, code));
  }

  @StepUp()
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'identities.remove',
    summary: 'Unlink a provider',
    description: 'Other sessions that it opened end.',
  })
  @ApiNoContentResponse({ description: 'The provider can no longer log this user in.' })
  @Problems('last-login-method')
  async remove(
    @CurrentSession() principal: SessionPrincipal,
    @Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') })) id: string,
  ): Promise<void> {
    await this.identities.remove(principal, id);
  }
}
