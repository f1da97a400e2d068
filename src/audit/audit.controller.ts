import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { AuditReader } from './audit-reader.ts';
import { AuditVerifier } from './audit-verifier.ts';
import { AuditPageDocument, AuditQuery, AuditVerdictDocument } from './audit.dto.ts';
import { auditEventDocument, auditVerdictDocument } from './audit.mapper.ts';

const DEFAULT_PAGE_SIZE = 50;

/** The audit trail, for administrators. */
@ApiTags('operations')
@AdminOnly()
@Controller('admin/audit')
export class AuditController {
  readonly #reader: AuditReader;
  readonly #verifier: AuditVerifier;

  constructor(reader: AuditReader, verifier: AuditVerifier) {
    this.#reader = reader;
    this.#verifier = verifier;
  }

  @RequireScope('audit:read')
  @Get()
  @ApiOperation({ operationId: 'audit.list', summary: 'Read the audit trail, the newest event first' })
  @ApiOkResponse({ type: AuditPageDocument })
  @Problems('unauthenticated', 'forbidden', 'validation-failed', 'rate-limited', 'service-unavailable')
  async list(@CurrentPrincipal() principal: Principal, @Query() query: AuditQuery): Promise<AuditPageDocument> {
    const page = await this.#reader.page(principal, {
      filter: {
        action: query.action,
        actorId: query.actor_id,
        outcome: query.outcome,
        from: query.from === undefined ? undefined : new Date(query.from),
        to: query.to === undefined ? undefined : new Date(query.to),
      },
      limit: query.limit ?? DEFAULT_PAGE_SIZE,
      before: query.cursor === undefined ? undefined : Number(query.cursor),
    });
    const next = page.nextBefore;
    return { events: page.events.map(auditEventDocument), next_cursor: next === null ? null : String(next) };
  }

  @RequireScope('audit:read')
  @Get('verify')
  @ApiOperation({
    operationId: 'audit.verify',
    summary: 'Check the chain of the audit trail',
    description: 'Reads the whole trail; the answer names the first row that is not as it was written.',
  })
  @ApiOkResponse({ type: AuditVerdictDocument })
  @Problems('unauthenticated', 'forbidden', 'rate-limited', 'service-unavailable')
  async verify(): Promise<AuditVerdictDocument> {
    return auditVerdictDocument(await this.#verifier.verify());
  }
}
