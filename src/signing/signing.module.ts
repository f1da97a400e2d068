import { Global, Module } from '@nestjs/common';
import { SigningConfig } from '../config/signing.config.ts';
import { NonceCleanup } from './nonce-cleanup.task.ts';
import { RequestSignatures } from './request-signatures.ts';
import { SigningKeys } from './signing-keys.ts';

/** Signed requests. */
@Global()
@Module({
  providers: [
    {
      provide: SigningKeys,
      inject: [SigningConfig],
      useFactory: (config: SigningConfig) => new SigningKeys(config.keys?.reveal()),
    },
    RequestSignatures,
    NonceCleanup,
  ],
  exports: [RequestSignatures],
})
export class SigningModule {}
