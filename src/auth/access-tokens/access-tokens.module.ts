import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.ts';
import { AccessTokenStrategy } from '../guards/access-token.strategy.ts';
import { AccessTokenEnding } from './access-token-ending.ts';
import { AccessTokenLoader } from './access-token-loader.ts';
import { AccessTokensController } from './access-tokens.controller.ts';
import { AccessTokensService } from './access-tokens.service.ts';

/** Personal access tokens. */
@Module({
  imports: [UsersModule],
  controllers: [AccessTokensController],
  providers: [AccessTokenEnding, AccessTokenLoader, AccessTokenStrategy, AccessTokensService],
})
export class AccessTokensModule {}
