import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, LimitedAs, NextcloudApps, RequireScope } from '../../access/declarations.ts';
import type { Principal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { DoctorResponse, DoctorQuery, doctorResponse } from './doctor.dto.ts';
import { DoctorService } from './doctor.service.ts';

/** What is wrong between this server and Nextcloud. */
@ApiTags('nextcloud account')
@Controller('integrations/nextcloud/doctor')
export class DoctorController {
  constructor(private readonly doctor: DoctorService) {}

  @RequireScope('nextcloud:read')
  @LimitedAs('doctor')
  @NextcloudApps({ voiceassist_admin: { query: [] } })
  @Get()
  @ApiOperation({
    summary: 'Examine the connection to Nextcloud',
    description:
      'Answers 200 with a report, whatever the checks find. Administrators see addresses, versions and commands; everybody sees the checks of the own account.',
  })
  @ApiOkResponse({ type: DoctorResponse })
  @Problems('forbidden')
  async examine(
    @CurrentPrincipal() principal: Principal,
    @Query() { deep = false }: DoctorQuery,
  ): Promise<DoctorResponse> {
    const report = await this.doctor.report(principal, deep);
    return doctorResponse({ ...report, isForAdministrator: principal.role === 'admin' });
  }
}
