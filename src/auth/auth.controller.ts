import { Body, Controller, Get, HttpCode, HttpStatus, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, CurrentSession, LimitedAs, Public } from '../access/declarations.ts';
import type { Principal, SessionPrincipal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { ProfileService } from '../users/profile.service.ts';
import { UserResponse, userResponse } from '../users/user.dto.ts';
import {
  LoginRequest,
  RefreshRequest,
  RegisterRequest,
  SetUpRequest,
  SessionResponse,
  TokenPairResponse,
  tokenPairResponse,
} from './auth.dto.ts';
import { ACCEPTED, AcceptedResponse } from './accounts/email.dto.ts';
import { ApiLoginResponse, type LoginResponse, loginResponse } from './login/login.dto.ts';
import { LoginService } from './login/login.service.ts';
import { SelfRegistrationService } from './accounts/self-registration.service.ts';
import { SetUpService } from './accounts/set-up.service.ts';
import { SessionService } from './sessions/session.service.ts';
import { RefreshService } from './sessions/refresh.service.ts';

/** Accounts and sessions. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly registration: SelfRegistrationService,
    private readonly logins: LoginService,
    private readonly refreshes: RefreshService,
    private readonly sessions: SessionService,
    private readonly profile: ProfileService,
    private readonly setUps: SetUpService,
  ) {}

  @Public()
  @LimitedAs('register')
  @Post('register')
  @ApiOperation({
    operationId: 'auth.register',
    summary: 'Register an account',
    description:
      'Where addresses are verified (EMAIL_VERIFICATION=required) the answer is 202 for every address, also one that has an account; a mail says how to go on.',
  })
  @ApiCreatedResponse({ type: UserResponse, description: 'The account, where addresses are not verified.' })
  @ApiAcceptedResponse({ type: AcceptedResponse, description: 'Where addresses are verified: read your mail.' })
  @Problems('email-taken', 'service-busy', 'service-stopping')
  async register(
    @Body() { email, password, full_name }: RegisterRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserResponse | AcceptedResponse> {
    const user = await this.registration.register({ email, password, fullName: full_name ?? null });
    void reply.status(user === null ? HttpStatus.ACCEPTED : HttpStatus.CREATED);
    return user === null ? ACCEPTED : userResponse(user);
  }

  @Public()
  @LimitedAs('register')
  @Post('set-up')
  @ApiOperation({
    operationId: 'auth.setUp',
    summary: 'Make the first administrator',
    description: 'Takes the token of the link that the log shows while the server has no administrator.',
  })
  @ApiCreatedResponse({ type: UserResponse })
  @Problems('one-time-token-invalid', 'email-taken', 'service-busy', 'service-stopping')
  async setUp(@Body() { token, ...account }: SetUpRequest): Promise<UserResponse> {
    const { email, password, full_name: fullName = null } = account;
    return userResponse(await this.setUps.complete(token, { email, password, fullName }));
  }

  @Public()
  @LimitedAs('login')
  @Post('login')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'auth.login',
    summary: 'Log in with address and password',
    description: 'Answers with tokens, or with the next step of the login; `outcome` names it.',
  })
  @ApiLoginResponse()
  @Problems('invalid-credentials', 'email-not-verified', 'service-busy', 'service-stopping')
  async login(@Body() request: LoginRequest): Promise<LoginResponse> {
    return loginResponse(await this.logins.login(request));
  }

  @Public()
  @LimitedAs('refresh')
  @Post('refresh')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'auth.refresh',
    summary: 'Exchange a refresh token for a new pair',
    description:
      'Each refresh token is good for one exchange. Using one again later is taken for theft and ends the session.',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  @Problems('invalid-refresh-token')
  async refresh(@Body() request: RefreshRequest): Promise<TokenPairResponse> {
    return tokenPairResponse(await this.refreshes.refresh(request.refresh_token));
  }

  @Post('logout')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'auth.logout',
    summary: 'Log out of this session',
    description: 'Access and refresh token are refused from now on, by every process.',
  })
  @ApiNoContentResponse({ description: 'The session has ended.' })
  async logout(@CurrentSession() principal: SessionPrincipal): Promise<void> {
    await this.sessions.logout(principal);
  }

  @Get('session')
  @ApiOperation({
    operationId: 'auth.session',
    summary: 'Check the access token',
    description: 'The cheapest guarded route, for gateways that ask before each request.',
  })
  @ApiOkResponse({ type: SessionResponse })
  session(@CurrentSession() { sessionId, userId, role }: SessionPrincipal): SessionResponse {
    return { session_id: sessionId, user_id: userId, role };
  }

  @Get('me')
  @ApiOperation({
    operationId: 'auth.me',
    summary: 'Get the current user',
    description: 'The account that the access token belongs to.',
  })
  @ApiOkResponse({ type: UserResponse })
  async me(@CurrentPrincipal() principal: Principal): Promise<UserResponse> {
    return userResponse(await this.profile.own(principal));
  }
}
