import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequireScope } from '../access/declarations.ts';
import type { Principal } from '../access/principal.ts';
import { Problems } from '../problem/problems.decorator.ts';
import { ProfileService } from './profile.service.ts';
import { UpdateProfileRequest, UserDocument } from './user.dto.ts';
import { userDocument } from './user.mapper.ts';

/** The own account. */
@ApiTags('users')
@Controller('users/me')
export class ProfileController {
  readonly #profile: ProfileService;

  constructor(profile: ProfileService) {
    this.#profile = profile;
  }

  @RequireScope('profile:read')
  @Get()
  @ApiOperation({ operationId: 'users.getMe', summary: 'Read your own account' })
  @ApiOkResponse({ type: UserDocument })
  @Problems('unauthenticated', 'rate-limited', 'service-unavailable')
  async read(@CurrentPrincipal() principal: Principal): Promise<UserDocument> {
    return userDocument(await this.#profile.own(principal));
  }

  @Put()
  @ApiOperation({ operationId: 'users.updateMe', summary: 'Change your own name' })
  @ApiOkResponse({ type: UserDocument })
  @Problems(
    'malformed-request',
    'payload-too-large',
    'unsupported-media-type',
    'unauthenticated',
    'validation-failed',
    'rate-limited',
    'service-unavailable',
  )
  async update(@CurrentPrincipal() principal: Principal, @Body() request: UpdateProfileRequest): Promise<UserDocument> {
    return userDocument(await this.#profile.update(principal, { fullName: request.full_name }));
  }
}
