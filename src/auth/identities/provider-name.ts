import { applyDecorators, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { DomainError } from '../../problem/domain-error.ts';

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

class ProviderNamePipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value !== 'string' || !NAME.test(value)) throw new DomainError('not-found');
    return value;
  }
}

/** Name of a provider in the path (404 `not-found` for what cannot be one). */
export const ProviderName = (): ParameterDecorator => Param('provider', new ProviderNamePipe());

/** Documents that parameter. */
export const ApiProviderName = (): MethodDecorator =>
  applyDecorators(ApiParam({ name: 'provider', description: 'Name of a provider.', example: 'nextcloud' }));
