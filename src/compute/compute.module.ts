import { Global, Module } from '@nestjs/common';
import { AuthConfig } from '../config/auth.config.ts';
import { ComputePool } from './compute-pool.ts';
import { PasswordHasher } from './password-hasher.ts';

/** Threads for work that must not block the event loop. */
@Global()
@Module({
  providers: [
    ComputePool,
    {
      provide: PasswordHasher,
      inject: [ComputePool, AuthConfig],
      useFactory: (pool: ComputePool, config: AuthConfig) => new PasswordHasher(pool, config),
    },
  ],
  exports: [ComputePool, PasswordHasher],
})
export class ComputeModule {}
