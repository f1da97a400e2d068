import { Body, Controller, Get, HttpCode, HttpStatus, Post, Query, Req, Res } from '@nestjs/common';
import { ApiFoundResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { ApiLoginResponse, type LoginResponse, loginResponse } from '../login/login.dto.ts';
import { CodeExchangeService } from '../identities/code-exchange.service.ts';
import {
  ExchangeRequest,
  PasswordLinkRequest,
  ProviderListResponse,
  SignOnQuery,
  providerResponse,
} from './oidc.dto.ts';
import { IdentityLinkService } from '../identities/identity-link.service.ts';
import { ApiProviderName, ProviderName } from '../identities/provider-name.ts';
import { Providers } from './providers.ts';
import { AuthorizationResponder } from './authorization-response.ts';

/** Login through another issuer. */
@ApiTags('single sign-on')
@Public()
@Controller('auth/oidc')
export class OidcController {
  constructor(
    private readonly loginProviders: Providers,
    private readonly responder: AuthorizationResponder,
    private readonly codeExchange: CodeExchangeService,
    private readonly links: IdentityLinkService,
    private readonly http: HttpConfig,
  ) {}

  @Get('providers')
  @ApiOperation({
    operationId: 'oidc.providers',
    summary: 'List the providers of single sign-on',
    description: 'Those that the operator has configured.',
  })
  @ApiOkResponse({ type: ProviderListResponse })
  providers(): ProviderListResponse {
    return { providers: this.loginProviders.all().map((provider) => providerResponse(provider, this.http.origin)) };
  }

  @LimitedAs('sso')
  @Get(':provider/login')
  @ApiProviderName()
  @ApiOperation({
    operationId: 'oidc.login',
    summary: 'Start a single sign-on',
    description:
      'Send the browser here, do not fetch it. It returns to FRONTEND_URL with `?code=`, which POST /api/auth/oidc/exchange takes within a minute, or with `#error=` and a problem code; `#error=account-link-required` comes with a `link_token` for POST /api/auth/oidc/link.',
  })
  @ApiFoundResponse({ description: 'To the provider.' })
  @Problems('invalid-sso-code')
  async login(
    @ProviderName() provider: string,
    @Query() query: SignOnQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.responder.begin(reply, provider, query);
  }

  @LimitedAs('sso')
  @Get(':provider/callback')
  @ApiProviderName()
  @ApiOperation({
    operationId: 'oidc.callback',
    summary: 'Receive the answer of a provider',
    description:
      'The redirect URI that is registered at the provider: it sends the browser here, with `state` and `code` or `error`.',
  })
  @ApiFoundResponse({ description: 'To the web application. Without one a page of this server is the answer.' })
  async callback(
    @ProviderName() provider: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.responder.complete(reply, provider, request);
  }

  @LimitedAs('sso')
  @Post('exchange')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'oidc.exchange',
    summary: 'Exchange the code of a single sign-on for tokens',
    description: 'A code is good once, for a minute, and for the client that began the sign-on.',
  })
  @ApiLoginResponse()
  @Problems('invalid-sso-code', 'email-not-verified')
  async exchange(@Body() { code, code_verifier }: ExchangeRequest): Promise<LoginResponse> {
    return loginResponse(await this.codeExchange.exchange({ code, verifier: code_verifier ?? null }));
  }

  @LimitedAs('login')
  @Post('link')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'oidc.linkByPassword',
    summary: 'Link an identity to the account with its address, and log in',
    description: 'Requires the password of the account, because the address alone proves nothing.',
  })
  @ApiLoginResponse()
  @Problems(
    'invalid-sso-code',
    'invalid-credentials',
    'email-not-verified',
    'account-link-required',
    'identity-taken',
    'service-busy',
    'service-stopping',
  )
  async link(@Body() { link_token, password }: PasswordLinkRequest): Promise<LoginResponse> {
    return loginResponse(await this.links.confirmByPassword({ linkToken: link_token, password }));
  }
}
