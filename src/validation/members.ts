import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';

const WHOLE_NUMBER = /^(0|[1-9]\d{0,8})$/;
const FLAGS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** A member that may be left out and is not null; `IsOptional` lets null pass too. */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);

/** A whole number of a query string, from 0, of at most 9 digits; what is none stays text and is refused. */
export const WholeNumber = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && WHOLE_NUMBER.test(value) ? Number(value) : value,
  );

/** `true` or `false` of a query string; what is neither stays text and is refused. */
export const Flag = (): PropertyDecorator => Transform(({ value }: { value: unknown }) => FLAGS.get(value) ?? value);
