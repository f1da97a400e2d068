import { Global, Module } from '@nestjs/common';
import { AuditController } from './audit.controller.ts';
import { AuditAnchors } from './audit-anchors.ts';
import { AuditCheckpoints } from './audit-checkpoints.ts';
import { AuditInspection } from './audit-inspection.ts';
import { AuditReader } from './audit-reader.ts';
import { AuditTrail } from './audit-trail.ts';
import { AuditVerifier } from './audit-verifier.ts';
import { RepeatedRefusals } from './repeated-refusals.ts';

/** The audit trail. */
@Global()
@Module({
  controllers: [AuditController],
  providers: [
    AuditAnchors,
    AuditCheckpoints,
    AuditInspection,
    AuditReader,
    AuditTrail,
    AuditVerifier,
    RepeatedRefusals,
  ],
  exports: [AuditTrail, RepeatedRefusals],
})
export class AuditModule {}
