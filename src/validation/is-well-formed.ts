import { registerDecorator } from 'class-validator';

/**
 * Accepts text of whole Unicode characters only. Half a surrogate pair would be stored and hashed as the same
 * replacement character as any other half, and then a password would not count as a whole.
 */
export function IsWellFormed(): PropertyDecorator {
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
