import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiFoundResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LimitedAs, Public } from '../../access/declarations.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { SignOnQuery } from './oidc.dto.ts';
import { AuthorizationResponder } from './authorization-response.ts';

/** Single sign-on with the default provider, under short paths outside /api. */
@ApiTags('single sign-on')
@Public()
@LimitedAs('sso')
@Controller('auth')
@Problems('not-found')
export class DefaultProviderController {
  constructor(private readonly responder: AuthorizationResponder) {}

  @Get('login')
  @ApiOperation({
    operationId: 'oidc.defaultLogin',
    summary: 'Start a single sign-on with the default provider',
    description: 'The same as GET /api/auth/oidc/{provider}/login.',
  })
  @ApiFoundResponse({ description: 'To the provider.' })
  @Problems('invalid-sso-code')
  async login(@Query() query: SignOnQuery, @Res() reply: FastifyReply): Promise<void> {
    await this.responder.begin(reply, this.responder.defaultId, query);
  }

  @Get('callback')
  @ApiOperation({
    operationId: 'oidc.defaultCallback',
    summary: 'Receive the answer of the default provider',
    description: 'The same as GET /api/auth/oidc/{provider}/callback.',
  })
  @ApiFoundResponse({ description: 'To the web application. Without one a page of this server is the answer.' })
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.responder.complete(reply, this.responder.defaultId, request);
  }
}
