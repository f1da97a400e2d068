import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, ParseUUIDPipe, Patch } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { OwnSessionsService } from './own-sessions.service.ts';
import {
  OwnSessionResponse,
  OwnSessionListResponse,
  RenameSessionRequest,
  ownSessionResponse,
} from './sessions.dto.ts';

const SessionId = (): ParameterDecorator =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') }));

/** The own sessions: where am I logged in, and how do I end it? */
@ApiTags('auth')
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: OwnSessionsService) {}

  @Get()
  @ApiOperation({
    operationId: 'sessions.list',
    summary: 'List your sessions',
    description: 'The one that was used last comes first.',
  })
  @ApiOkResponse({ type: OwnSessionListResponse })
  async list(@CurrentSession() principal: SessionPrincipal): Promise<OwnSessionListResponse> {
    const sessions = await this.sessions.list(principal);
    return { sessions: sessions.map((session) => ownSessionResponse(session, principal)) };
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'sessions.rename',
    summary: 'Rename a session of yours',
    description: 'The name is shown in the list of sessions.',
  })
  @ApiOkResponse({ type: OwnSessionResponse })
  async rename(
    @CurrentSession() principal: SessionPrincipal,
    @SessionId() id: string,
    @Body() { name }: RenameSessionRequest,
  ): Promise<OwnSessionResponse> {
    return ownSessionResponse(await this.sessions.rename(principal, id, name), principal);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'sessions.end',
    summary: 'End a session of yours',
    description: 'Its tokens are refused from now on.',
  })
  @ApiNoContentResponse({ description: 'Its access and refresh tokens are refused from now on, by every process.' })
  async end(@CurrentSession() principal: SessionPrincipal, @SessionId() id: string): Promise<void> {
    await this.sessions.end(principal, id);
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'sessions.endOthers',
    summary: 'End all other sessions of yours',
    description: 'This session stays active.',
  })
  @ApiNoContentResponse({ description: 'Every other session has ended.' })
  async endOthers(@CurrentSession() principal: SessionPrincipal): Promise<void> {
    await this.sessions.endOthers(principal);
  }
}
