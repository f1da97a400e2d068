import { Readable } from 'node:stream';
import { Controller, Get, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AdminOnly, CurrentPrincipal, RequireScope, SignedRequest } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { auditExportText } from './audit-export.ts';
import { AuditInspection } from './audit-inspection.ts';
import { AuditReader } from './audit-reader.ts';
import {
  AuditExportQuery,
  AuditPageResponse,
  AuditQuery,
  AuditVerdictResponse,
  auditEventResponse,
  auditFilter,
  auditVerdictResponse,
} from './audit.dto.ts';

const DEFAULT_PAGE_SIZE = 50;

/** The audit trail, for administrators. */
@ApiTags('operations')
@AdminOnly()
@Controller('admin/audit')
export class AuditController {
  constructor(
    private readonly reader: AuditReader,
    private readonly inspection: AuditInspection,
  ) {}

  @RequireScope('audit:read')
  @Get()
  @ApiOperation({
    operationId: 'audit.list',
    summary: 'List the events of the audit trail, the newest first',
    description: 'Filters are joined by "and". Read on with `next_cursor`.',
  })
  @ApiOkResponse({ type: AuditPageResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: AuditQuery): Promise<AuditPageResponse> {
    const page = await this.reader.page(principal, {
      filter: auditFilter(query),
      limit: query.limit ?? DEFAULT_PAGE_SIZE,
      before: query.cursor === undefined ? undefined : Number(query.cursor),
    });
    const next = page.nextBefore;
    return { events: page.events.map(auditEventResponse), next_cursor: next === null ? null : String(next) };
  }

  @RequireScope('audit:read')
  @SignedRequest()
  @Get('export')
  @ApiOperation({
    operationId: 'audit.export',
    summary: 'Export the audit trail, the oldest event first',
    description:
      'CSV (RFC 4180) or one JSON object per line, as a stream. In CSV a value that a spreadsheet would take for a formula begins with an apostrophe. An answer that ends early is incomplete.',
  })
  @ApiProduces('text/csv', 'application/x-ndjson')
  @ApiOkResponse({ schema: { type: 'string' } })
  async export(@CurrentPrincipal() principal: Principal, @Query() query: AuditExportQuery): Promise<StreamableFile> {
    const format = query.format ?? 'csv';
    const pieces = await this.reader.export(principal, auditFilter(query), format);
    const name = `audit-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}.${format}`;
    return new StreamableFile(Readable.from(auditExportText(pieces, format)), {
      type: format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson',
      disposition: `attachment; filename="${name}"`,
    });
  }

  @RequireScope('audit:read')
  @Get('verify')
  @ApiOperation({
    operationId: 'audit.verify',
    summary: 'Verify the chain of the audit trail',
    description:
      'Reads the whole trail, and compares it with the ends of it that were kept outside the database; the answer names the first row that is not as it was written. One check at a time, which ends when its client goes away.',
  })
  @ApiOkResponse({ type: AuditVerdictResponse })
  @Problems('service-busy')
  async verify(
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditVerdictResponse> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    return auditVerdictResponse(await this.inspection.verify(principal.userId, { signal: gone.signal }));
  }
}
