import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AuthModule } from '../auth.module.ts';
import { DefaultProviderController } from './default-provider.controller.ts';
import { CodeExchangeService } from '../identities/code-exchange.service.ts';
import { IdentitiesController } from '../identities/identities.controller.ts';
import { IdentitiesService } from '../identities/identities.service.ts';
import { JustInTimeAccounts } from '../identities/just-in-time-accounts.ts';
import { AccountLinking } from '../identities/account-linking.ts';
import { Identities } from '../identities/identities.ts';
import { OidcController } from './oidc.controller.ts';
import { IdentityLinkService } from '../identities/identity-link.service.ts';
import { IdentityProviders } from '../identities/identity-provider.port.ts';
import { BackChannelLogoutService } from './back-channel-logout.service.ts';
import { ProviderSessionController } from './provider-session.controller.ts';
import { ProviderTokenKeeper } from './provider-tokens.ts';
import { Providers } from './providers.ts';
import { RpInitiatedLogoutService } from './rp-initiated-logout.service.ts';
import { ExchangeCodes } from '../identities/exchange-codes.ts';
import { AuthorizationResponder } from './authorization-response.ts';
import { AuthorizationCodeFlow } from './authorization-code-flow.ts';
import { AuthorizationRequests } from './authorization-requests.ts';

/** Single sign-on: providers, the authorization code flow, and the account of each identity. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [OidcController, ProviderSessionController, IdentitiesController, DefaultProviderController],
  providers: [
    CodeExchangeService,
    IdentitiesService,
    JustInTimeAccounts,
    AccountLinking,
    Identities,
    IdentityLinkService,
    BackChannelLogoutService,
    ProviderTokenKeeper,
    Providers,
    { provide: IdentityProviders, useExisting: Providers },
    RpInitiatedLogoutService,
    ExchangeCodes,
    AuthorizationResponder,
    AuthorizationCodeFlow,
    AuthorizationRequests,
  ],
  exports: [IdentitiesService],
})
export class OidcModule {}
