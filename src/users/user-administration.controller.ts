import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AdminOnly, CurrentPrincipal, RequireScope, SignedRequest, StepUp } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { AccountDeletionService } from './account-deletion.service.ts';
import { UserAdministrationService } from './user-administration.service.ts';
import {
  UpdateUserRequest,
  UserResponse,
  UserIdParameter,
  UserPageResponse,
  UserPageQuery,
  userResponse,
} from './user.dto.ts';

const DEFAULT_PAGE_SIZE = 50;

/** Accounts, for administrators. */
@ApiTags('users')
@AdminOnly()
@Controller('users')
export class UserAdministrationController {
  constructor(
    private readonly users: UserAdministrationService,
    private readonly deletion: AccountDeletionService,
  ) {}

  @RequireScope('users:read')
  @Get()
  @ApiOperation({
    operationId: 'users.list',
    summary: 'List and search accounts',
    description: 'In the order in which they were opened. Read on with `next_cursor`.',
  })
  @ApiOkResponse({ type: UserPageResponse })
  async list(@CurrentPrincipal() principal: Principal, @Query() query: UserPageQuery): Promise<UserPageResponse> {
    const page = await this.users.list(principal, {
      filter: { search: query.search, isActive: query.is_active, isAdmin: query.is_admin },
      limit: query.limit ?? DEFAULT_PAGE_SIZE,
      cursor: query.cursor,
    });
    return { users: page.users.map(userResponse), next_cursor: page.nextCursor };
  }

  @RequireScope('users:read')
  @Get(':user_id')
  @ApiOperation({
    operationId: 'users.get',
    summary: 'Get an account',
    description: 'Of any user, for administrators.',
  })
  @ApiOkResponse({ type: UserResponse })
  @Problems('not-found')
  async read(@CurrentPrincipal() principal: Principal, @Param() { user_id }: UserIdParameter): Promise<UserResponse> {
    return userResponse(await this.users.read(principal, user_id));
  }

  @RequireScope('users:write')
  @SignedRequest()
  @Put(':user_id')
  @ApiOperation({
    operationId: 'users.update',
    summary: 'Update an account',
    description: 'A change of role or activation ends every session of the account at once.',
  })
  @ApiOkResponse({ type: UserResponse })
  @Problems('not-found', 'self-protection')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Param() { user_id }: UserIdParameter,
    @Body() request: UpdateUserRequest,
  ): Promise<UserResponse> {
    const change = { fullName: request.full_name, isActive: request.is_active, isAdmin: request.is_admin };
    return userResponse(await this.users.update(principal, user_id, change));
  }

  @RequireScope('users:write')
  @Delete(':user_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'users.delete',
    summary: 'Deactivate an account',
    description:
      'Ends sessions, personal access tokens, links by mail and jobs of the account at once. The row stays with is_active false; POST /api/users/{user_id}/reactivate brings it back.',
  })
  @ApiNoContentResponse({ description: 'The account is deactivated and every session of it has ended.' })
  @Problems('not-found', 'self-protection')
  async delete(@CurrentPrincipal() principal: Principal, @Param() { user_id }: UserIdParameter): Promise<void> {
    await this.users.update(principal, user_id, { isActive: false });
  }

  @RequireScope('users:write')
  @Post(':user_id/reactivate')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'users.reactivate',
    summary: 'Reactivate an account',
    description: 'The user can log in again; sessions and tokens that were ended stay ended.',
  })
  @ApiOkResponse({ type: UserResponse })
  @Problems('not-found')
  async reactivate(
    @CurrentPrincipal() principal: Principal,
    @Param() { user_id }: UserIdParameter,
  ): Promise<UserResponse> {
    return userResponse(await this.users.update(principal, user_id, { isActive: true }));
  }

  @StepUp()
  @SignedRequest()
  @Post(':user_id/erase')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'users.erase',
    summary: 'Erase an account',
    description:
      'Everything that belongs to the account goes, documents and sealed credentials included, and cannot be brought back. The audit trail keeps its id.',
  })
  @ApiNoContentResponse({ description: 'Nothing of the account is left but its id in the audit trail.' })
  @Problems('not-found', 'self-protection', 'account-active')
  async erase(@CurrentPrincipal() principal: Principal, @Param() { user_id }: UserIdParameter): Promise<void> {
    await this.deletion.erase(principal, user_id);
  }

  @RequireScope('users:write')
  @Post(':user_id/sessions/revoke')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'users.revokeSessions',
    summary: 'End every session of an account',
    description: 'Refresh tokens and access tokens of these sessions are refused from now on.',
  })
  @ApiNoContentResponse({ description: 'Every access and refresh token of the account is refused from now on.' })
  @Problems('not-found')
  async revokeSessions(@CurrentPrincipal() principal: Principal, @Param() { user_id }: UserIdParameter): Promise<void> {
    await this.users.revokeSessions(principal, user_id);
  }
}
