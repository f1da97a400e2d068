import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, isEmail, MaxLength } from 'class-validator';

/** RFC 5321 section 4.5.3.1.3 allows 256 octets for a path, which has two brackets. */
const MAX_CHARACTERS = 254;

/** What every mail server delivers: no quoted local part, and ASCII before the `@` (RFC 6531 is an extension). */
const OPTIONS = { allow_utf8_local_part: false, blacklisted_chars: '"' };

/** Accepts an e-mail address that this server can send mail to. */
export const IsEmailAddress = (): PropertyDecorator =>
  applyDecorators(
    IsEmail(OPTIONS),
    MaxLength(MAX_CHARACTERS),
    ApiProperty({ format: 'email', maxLength: MAX_CHARACTERS }),
  );

/** The same rule for a value that is no member of a request. */
export function isEmailAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CHARACTERS && isEmail(value, OPTIONS);
}
