import { Global, Module } from '@nestjs/common';
import { SecretsConfig } from '../config/secrets.config.ts';
import { KeyRing } from './key-ring.ts';
import { Sealer } from './sealer.ts';
import { SealingRotation } from './sealing-rotation.ts';

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
    SealingRotation,
  ],
  exports: [KeyRing, Sealer],
})
export class SecretsModule {}
