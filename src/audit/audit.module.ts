import { Global, Module } from '@nestjs/common';
import { AuditController } from './audit.controller.ts';
import { AuditReader } from './audit-reader.ts';
import { AuditTrail } from './audit-trail.ts';
import { AuditVerifier } from './audit-verifier.ts';

/** The audit trail. */
@Global()
@Module({
  controllers: [AuditController],
  providers: [AuditReader, AuditTrail, AuditVerifier],
  exports: [AuditTrail],
})
export class AuditModule {}
