import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  ConfirmTotpRequest,
  MfaResponse,
  RecoveryCodesResponse,
  TotpSetUpResponse,
  mfaResponse,
  totpSetUpResponse,
} from './mfa.dto.ts';
import { MfaService } from './mfa.service.ts';

/** The own second factors. */
@ApiTags('second factor')
@Controller('auth/mfa')
export class MfaController {
  constructor(private readonly mfa: MfaService) {}

  @Get()
  @ApiOperation({
    operationId: 'mfa.read',
    summary: 'Get your second factors',
    description: 'Shows the authenticator app, passkeys and how many recovery codes are left.',
  })
  @ApiOkResponse({ type: MfaResponse })
  async read(@CurrentSession() principal: SessionPrincipal): Promise<MfaResponse> {
    return mfaResponse(await this.mfa.read(principal));
  }

  @StepUp()
  @Post('totp')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'mfa.setUpTotp',
    summary: 'Start to set up an authenticator app',
    description:
      'Answers with a fresh secret, which is asked for at login only after POST /api/auth/mfa/totp/confirm. A secret that was not confirmed is replaced.',
  })
  @ApiOkResponse({ type: TotpSetUpResponse })
  @Problems('second-factor-exists')
  async setUpTotp(@CurrentSession() principal: SessionPrincipal): Promise<TotpSetUpResponse> {
    return totpSetUpResponse(await this.mfa.setUpTotp(principal));
  }

  @Post('totp/confirm')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'mfa.confirmTotp',
    summary: 'Activate the authenticator app',
    description:
      'The first second factor of an account ends every other session, and brings recovery codes, which are shown only here.',
  })
  @ApiOkResponse({ type: RecoveryCodesResponse })
  @Problems('wrong-second-factor', 'no-second-factor', 'second-factor-exists')
  async confirmTotp(
    @CurrentSession() principal: SessionPrincipal,
    @Body() { code }: ConfirmTotpRequest,
  ): Promise<RecoveryCodesResponse> {
    const codes = await this.mfa.confirmTotp(principal, code.replace(' ', ''));
    return { recovery_codes: [...(codes ?? [])] };
  }

  @StepUp()
  @Delete('totp')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'mfa.removeTotp',
    summary: 'Remove the authenticator app',
    description: 'Recovery codes go with the last second factor.',
  })
  @ApiNoContentResponse({ description: 'The authenticator app is asked for no more.' })
  @Problems('not-found', 'second-factor-required')
  async removeTotp(@CurrentSession() principal: SessionPrincipal): Promise<void> {
    await this.mfa.removeTotp(principal);
  }

  @StepUp()
  @Post('recovery-codes')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'mfa.renewRecoveryCodes',
    summary: 'Replace the recovery codes',
    description: 'The old ones are refused from now on.',
  })
  @ApiOkResponse({ type: RecoveryCodesResponse })
  @Problems('no-second-factor')
  async renewRecoveryCodes(@CurrentSession() principal: SessionPrincipal): Promise<RecoveryCodesResponse> {
    return { recovery_codes: [...(await this.mfa.renewRecoveryCodes(principal))] };
  }
}
