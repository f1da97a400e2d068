import { Global, Module } from '@nestjs/common';
import { ComputePool } from './compute-pool.ts';
import { PasswordHasher } from './password-hasher.ts';

/** Threads for work that must not block the event loop. */
@Global()
@Module({ providers: [ComputePool, PasswordHasher], exports: [ComputePool, PasswordHasher] })
export class ComputeModule {}
