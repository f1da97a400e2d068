import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, ParseUUIDPipe, Patch, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession, StepUp } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import {
  AddedPasskeyResponse,
  AddPasskeyRequest,
  PasskeyResponse,
  PasskeyListResponse,
  RegistrationOptionsResponse,
  RenamePasskeyRequest,
  attestationOf,
  passkeyResponse,
} from './passkeys.dto.ts';
import { PasskeysService } from './passkeys.service.ts';

const PasskeyId = (): ParameterDecorator =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new DomainError('not-found') }));

/** The own passkeys. */
@ApiTags('passkeys')
@Controller('auth/passkeys')
export class PasskeysController {
  constructor(private readonly passkeys: PasskeysService) {}

  @Get()
  @ApiOperation({
    operationId: 'passkeys.list',
    summary: 'List your passkeys',
    description: 'With their names and the time of last use.',
  })
  @ApiOkResponse({ type: PasskeyListResponse })
  async list(@CurrentSession() principal: SessionPrincipal): Promise<PasskeyListResponse> {
    return { passkeys: (await this.passkeys.list(principal)).map(passkeyResponse) };
  }

  @StepUp()
  @Post('registration-options')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'passkeys.registrationOptions',
    summary: 'Start to add a passkey',
    description: 'The answer is for `navigator.credentials.create()`; what that gives goes to POST /api/auth/passkeys.',
  })
  @ApiOkResponse({ type: RegistrationOptionsResponse })
  @Problems('passkey-refused')
  async registrationOptions(@CurrentSession() principal: SessionPrincipal): Promise<RegistrationOptionsResponse> {
    const { options, registrationToken } = await this.passkeys.begin(principal);
    return { options: { ...options }, registration_token: registrationToken };
  }

  @Post()
  @ApiOperation({
    operationId: 'passkeys.add',
    summary: 'Add a passkey',
    description:
      'The first second factor of an account ends every other session, and brings recovery codes, which are shown only here.',
  })
  @ApiCreatedResponse({ type: AddedPasskeyResponse })
  @Problems('passkey-refused', 'passkey-exists')
  async add(
    @CurrentSession() principal: SessionPrincipal,
    @Body() { registration_token, name, response }: AddPasskeyRequest,
  ): Promise<AddedPasskeyResponse> {
    const { passkey, recoveryCodes } = await this.passkeys.add(principal, {
      registrationToken: registration_token,
      name,
      response: attestationOf(response),
    });
    return Object.assign(passkeyResponse(passkey), { recovery_codes: [...recoveryCodes] });
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'passkeys.rename',
    summary: 'Rename a passkey',
    description: 'The name is shown in the list of passkeys.',
  })
  @ApiOkResponse({ type: PasskeyResponse })
  async rename(
    @CurrentSession() principal: SessionPrincipal,
    @PasskeyId() id: string,
    @Body() { name }: RenamePasskeyRequest,
  ): Promise<PasskeyResponse> {
    return passkeyResponse(await this.passkeys.rename(principal, id, name));
  }

  @StepUp()
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'passkeys.remove',
    summary: 'Remove a passkey',
    description: 'Recovery codes go with the last second factor.',
  })
  @ApiNoContentResponse({ description: 'The passkey opens nothing any more.' })
  @Problems('second-factor-required')
  async remove(@CurrentSession() principal: SessionPrincipal, @PasskeyId() id: string): Promise<void> {
    await this.passkeys.remove(principal, id);
  }
}
