import { IsPassword } from './password-field.ts';

/** A change of the own password. */
export class ChangePasswordRequest {
  /**
   * The password of now, as a proof.
   * @example "the ferry leaves before dawn"
   */
  @IsPassword()
  current_password!: string;

  /**
   * At least 15 characters unless configured otherwise, at most 1024; common ones are refused.
   * @example "seven lamps above the harbour"
   */
  @IsPassword()
  new_password!: string;
}
