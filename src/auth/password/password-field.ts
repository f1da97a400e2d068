import { applyDecorators } from '@nestjs/common';
import { IsString, MaxLength, MinLength, registerDecorator } from 'class-validator';

const MOST_CHARACTERS = 1024;

/**
 * A password in a request: 1 to 1024 characters of well-formed Unicode. Half a surrogate pair would become the same
 * replacement character as any other half, and then the password would not count as a whole.
 */
export function IsPassword(): PropertyDecorator {
  return applyDecorators(IsString(), MinLength(1), MaxLength(MOST_CHARACTERS), IsWellFormed());
}

function IsWellFormed(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isWellFormed',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) => typeof value === 'string' && value.isWellFormed(),
        defaultMessage: () => `${String(property)} must be well-formed Unicode`,
      },
    });
  };
}
