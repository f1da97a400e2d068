import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AuthModule } from '../auth.module.ts';
import { DefaultProviderController } from './default-provider.controller.ts';
import { ExchangeService } from '../identities/code-exchange.service.ts';
import { IdentitiesController } from '../identities/identities.controller.ts';
import { IdentitiesService } from '../identities/identities.service.ts';
import { IdentityArrival } from '../identities/just-in-time-accounts.ts';
import { IdentityAttachment } from './identity-attachment.ts';
import { IdentityLinking } from '../identities/account-linking.ts';
import { IdentityRemoval } from './identity-removal.ts';
import { IdentitySightingsService } from '../identities/identity-sightings.service.ts';
import { IdentityStore } from '../identities/identities.ts';
import { OidcController } from './oidc.controller.ts';
import { PasswordLinkService } from '../identities/password-link.service.ts';
import { ProviderLogoutService } from './back-channel-logout.service.ts';
import { ProviderSessionController } from './provider-session.controller.ts';
import { ProviderTokenKeeper } from './provider-tokens.ts';
import { Providers } from './providers.ts';
import { SignOffService } from './rp-initiated-logout.service.ts';
import { SignOnCodes } from '../identities/exchange-codes.ts';
import { SignOnReply } from './authorization-response.ts';
import { SignOnService } from './authorization-code-flow.ts';
import { SignOnTransactions } from './authorization-requests.ts';

/** Single sign-on: providers, the way there and back, and whose account an identity is. */
@Module({
  imports: [AuthModule, UsersModule],
  controllers: [OidcController, ProviderSessionController, IdentitiesController, DefaultProviderController],
  providers: [
    ExchangeService,
    IdentitiesService,
    IdentityArrival,
    IdentityAttachment,
    IdentityLinking,
    IdentityRemoval,
    IdentitySightingsService,
    IdentityStore,
    PasswordLinkService,
    ProviderLogoutService,
    ProviderTokenKeeper,
    Providers,
    SignOffService,
    SignOnCodes,
    SignOnReply,
    SignOnService,
    SignOnTransactions,
  ],
  exports: [IdentitySightingsService],
})
export class OidcModule {}
