import { Module } from '@nestjs/common';
import { AccessTokenStrategy } from '../guards/access-token.strategy.ts';
import { AccessTokenLoader } from './access-token-loader.ts';
import { AccessTokensController } from './access-tokens.controller.ts';
import { AccessTokensService } from './access-tokens.service.ts';

/** Personal access tokens. */
@Module({
  controllers: [AccessTokensController],
  providers: [AccessTokenLoader, AccessTokenStrategy, AccessTokensService],
  exports: [AccessTokenStrategy, AccessTokensService],
})
export class AccessTokensModule {}
