import { Body, Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentSession, Public, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { HttpConfig } from '../../config/http.config.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { IdentityLinkService } from '../identities/identity-link.service.ts';
import {
  LinkBeginResponse,
  LinkBeginRequest,
  ProviderLogoutResponse,
  ProviderLogoutReceiptResponse,
} from './oidc.dto.ts';
import { ApiProviderName, ProviderName } from '../identities/provider-name.ts';
import { BackChannelLogoutService } from './back-channel-logout.service.ts';
import { Providers } from './providers.ts';
import { RpInitiatedLogoutService } from './rp-initiated-logout.service.ts';

/** What a session and a provider have to do with each other: linking, and logging out on either side. */
@ApiTags('single sign-on')
@Controller('auth/oidc')
export class ProviderSessionController {
  constructor(
    private readonly links: IdentityLinkService,
    private readonly providers: Providers,
    private readonly rpInitiatedLogout: RpInitiatedLogoutService,
    private readonly backChannel: BackChannelLogoutService,
    private readonly http: HttpConfig,
  ) {}

  @StepUp()
  @Post(':provider/link')
  @HttpCode(HttpStatus.OK)
  @ApiProviderName()
  @ApiOperation({
    operationId: 'oidc.link',
    summary: 'Start to link a provider to your account',
    description:
      'The browser returns to FRONTEND_URL with `?link_code=`, which POST /api/auth/identities takes in this session.',
  })
  @ApiOkResponse({ type: LinkBeginResponse })
  async link(
    @CurrentSession() principal: SessionPrincipal,
    @ProviderName() provider: string,
    @Body() { return_path }: LinkBeginRequest,
  ): Promise<LinkBeginResponse> {
    const { id } = this.providers.get(provider).settings;
    const token = await this.links.begin(principal, { provider: id, returnPath: return_path ?? '' });
    return { login_url: `${this.http.origin}/api/auth/oidc/${id}/login?link_token=${token}` };
  }

  @Post('logout')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'oidc.logout',
    summary: 'Log out here and at the provider',
    description: 'The session here has ended when the answer comes, whatever the provider does.',
  })
  @ApiOkResponse({ type: ProviderLogoutResponse })
  async logout(@CurrentSession() principal: SessionPrincipal): Promise<ProviderLogoutResponse> {
    return { logout_url: await this.rpInitiatedLogout.logOut(principal) };
  }

  @Public()
  @Post(':provider/backchannel-logout')
  @HttpCode(HttpStatus.OK)
  @ApiProviderName()
  @ApiOperation({
    operationId: 'oidc.backchannelLogout',
    summary: 'Receive a logout token of a provider',
    description:
      'For providers (OpenID Connect Back-Channel Logout 1.0): a form with the field `logout_token`. It ends the sessions of its `sid`, or all of its `sub`.',
  })
  @ApiOkResponse({ type: ProviderLogoutReceiptResponse })
  @Problems('invalid-logout-token', 'unsupported-media-type', 'payload-too-large', 'malformed-request')
  async backchannelLogout(
    @ProviderName() provider: string,
    @Req() request: FastifyRequest,
  ): Promise<ProviderLogoutReceiptResponse> {
    this.providers.get(provider);
    if (!(request.body instanceof URLSearchParams)) throw new DomainError('unsupported-media-type');
    const [token, ...more] = request.body.getAll('logout_token');
    if (token === undefined || more.length > 0) throw new DomainError('invalid-logout-token');
    return { sessions: await this.backChannel.logOut(provider, token) };
  }
}
