import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentSession } from '../../access/declarations.ts';
import type { SessionPrincipal } from '../../access/principal.ts';
import { AuthConfig } from '../../config/auth.config.ts';
import { DomainError } from '../../problem/domain-error.ts';
import { Problems } from '../../problem/problems.decorator.ts';
import { AuthenticationOptionsResponse, assertionOf, authenticationOptionsResponse } from '../passkeys/passkeys.dto.ts';
import { SteppedUpResponse, StepUpRequest } from './step-up.dto.ts';
import { StepUpService } from './step-up.service.ts';

const SECONDS_PER_MINUTE = 60;

/** A fresh proof of identity, which dangerous changes ask for. */
@ApiTags('auth')
@Controller('auth/step-up')
export class StepUpController {
  readonly #lifeSeconds: number;

  constructor(
    private readonly stepUps: StepUpService,
    config: AuthConfig,
  ) {
    this.#lifeSeconds = config.stepUpMinutes * SECONDS_PER_MINUTE;
  }

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'auth.stepUp',
    summary: 'Authenticate again in this session',
    description:
      'Opens the operations marked `x-step-up-required` to this session for a few minutes; so does a login. Give the password, and the code where the account has a second factor; or a passkey alone.',
  })
  @ApiOkResponse({ type: SteppedUpResponse })
  @Problems('wrong-password', 'wrong-second-factor', 'step-up-required', 'service-busy', 'service-stopping')
  async stepUp(
    @CurrentSession() principal: SessionPrincipal,
    @Body() { password, code, authentication_token, response }: StepUpRequest,
  ): Promise<SteppedUpResponse> {
    if (response == null) {
      await this.stepUps.prove(principal, { password: password ?? undefined, code: code ?? undefined });
    } else {
      if (authentication_token == null) throw missingToken();
      const answer = { authenticationToken: authentication_token, response: assertionOf(response) };
      await this.stepUps.proveByPasskey(principal, answer);
    }
    return { expires_in: this.#lifeSeconds };
  }

  @Post('passkey-options')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'auth.stepUpOptions',
    summary: 'Start to authenticate again with a passkey',
    description: 'Answers with the options for `navigator.credentials.get()`.',
  })
  @ApiOkResponse({ type: AuthenticationOptionsResponse })
  @Problems('no-second-factor')
  async passkeyOptions(@CurrentSession() principal: SessionPrincipal): Promise<AuthenticationOptionsResponse> {
    return authenticationOptionsResponse(await this.stepUps.createOptions(principal));
  }
}

function missingToken(): DomainError {
  return new DomainError('validation-failed', {
    errors: [{ pointer: '/authentication_token', detail: 'The token that came with the options is needed.' }],
  });
}
