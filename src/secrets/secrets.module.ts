import { Global, Module } from '@nestjs/common';
import { SecretsConfig } from '../config/secrets.config.ts';
import { KeyRing } from './key-ring.ts';
import { Sealer } from './sealer.ts';
import { SealingRotation } from './sealing-rotation.ts';
import { ServerSealer } from './server-sealer.ts';

/** Keys and sealing. */
@Global()
@Module({
  providers: [
    {
      provide: KeyRing,
      inject: [SecretsConfig],
      useFactory: (config: SecretsConfig) => new KeyRing(config.keys?.reveal() ?? ''),
    },
    Sealer,
    ServerSealer,
    SealingRotation,
  ],
  exports: [KeyRing, Sealer, ServerSealer],
})
export class SecretsModule {}
