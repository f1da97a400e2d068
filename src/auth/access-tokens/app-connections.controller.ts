import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CurrentSession, LimitedAs, Public, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { CreatedAccessTokenResponse, createdAccessTokenResponse } from './access-tokens.dto.ts';
import { AccessTokensService } from './access-tokens.service.ts';
import {
  AppCodeResponse,
  AuthorizeAppRequest,
  ExchangeAppCodeRequest,
  RevokedTokenResponse,
  RevokeTokenRequest,
} from './app-connections.dto.ts';
import { AppConnectionsService } from './app-connections.service.ts';

/**
 * The tokens of the Nextcloud apps: between the page /account/connect, the gateway of the apps and this server, hence in
 * nextcloud-apps/README.md and not in the OpenAPI document.
 */
@ApiExcludeController()
@Controller('auth/tokens')
export class AppConnectionsController {
  constructor(
    private readonly connections: AppConnectionsService,
    private readonly tokens: AccessTokensService,
  ) {}

  /** What the page does for a user who has just logged in there. */
  @StepUp()
  @Post('authorize')
  async authorize(
    @CurrentSession() principal: SessionPrincipal,
    @Body() { app, redirect_uri: redirectUri, code_challenge: challenge }: AuthorizeAppRequest,
  ): Promise<AppCodeResponse> {
    return { code: await this.connections.authorize(principal, { app, redirectUri, challenge }) };
  }

  /** The token lives for 90 days and takes the place of the former one. */
  @Public()
  @LimitedAs('sso')
  @Post('exchange')
  async exchange(@Body() request: ExchangeAppCodeRequest): Promise<CreatedAccessTokenResponse> {
    return createdAccessTokenResponse(await this.connections.exchange(request.code, request.code_verifier));
  }

  /** For the program that has it; the answer is the same for a token that is unknown. */
  @Public()
  @LimitedAs('sso')
  @Post('revoke')
  @HttpCode(HttpStatus.OK)
  async revoke(@Body() { token }: RevokeTokenRequest): Promise<RevokedTokenResponse> {
    await this.tokens.revoke(token);
    return { revoked: true };
  }
}
