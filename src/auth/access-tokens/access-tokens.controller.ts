import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  AccessTokenListResponse,
  CreateAccessTokenRequest,
  CreatedAccessTokenResponse,
  accessTokenResponse,
  createdAccessTokenResponse,
} from './access-tokens.dto.ts';
import { AccessTokensService } from './access-tokens.service.ts';

const TokenId = (): ParameterDecorator =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') }));

/** Personal access tokens: what programs of a user log in with. */
@ApiTags('auth')
@Controller('auth/tokens')
export class AccessTokensController {
  constructor(private readonly tokens: AccessTokensService) {}

  @StepUp()
  @Post()
  @ApiOperation({
    operationId: 'accessTokens.create',
    summary: 'Create a personal access token',
    description:
      'The answer shows the token once. It is accepted as `Authorization: Bearer va_...` by the operations that declare one of its scopes (`x-required-scope`).',
  })
  @ApiCreatedResponse({ type: CreatedAccessTokenResponse })
  @Problems('access-token-limit')
  async create(
    @CurrentSession() principal: SessionPrincipal,
    @Body() request: CreateAccessTokenRequest,
  ): Promise<CreatedAccessTokenResponse> {
    const { name, scopes, expires_in_days } = request;
    const wanted = { name, scopes, expiresInDays: expires_in_days ?? null };
    return createdAccessTokenResponse(await this.tokens.create(principal, wanted));
  }

  @Get()
  @ApiOperation({
    operationId: 'accessTokens.list',
    summary: 'List your personal access tokens',
    description: 'The newest first. The token itself is never shown again.',
  })
  @ApiOkResponse({ type: AccessTokenListResponse })
  async list(@CurrentSession() principal: SessionPrincipal): Promise<AccessTokenListResponse> {
    return { tokens: (await this.tokens.list(principal)).map(accessTokenResponse) };
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'accessTokens.delete',
    summary: 'Delete a personal access token',
    description: 'It is refused from now on.',
  })
  @ApiNoContentResponse({ description: 'The token is refused from now on, by every process.' })
  async delete(@CurrentSession() principal: SessionPrincipal, @TokenId() id: string): Promise<void> {
    await this.tokens.delete(principal, id);
  }
}
