import { IsBoolean, IsInt, IsOptional, IsString, IsUUID, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import type { Profile } from './profile-loader.ts';
import { Flag, MayBeAbsent, WholeNumber } from '../validation/members.ts';

/** Neither control characters nor halves of a character: names are shown and stored as they are. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** A user account. */
export class UserResponse {
  /**
   * Identifier (UUID).
   * @example "019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21"
   */
  id!: string;

  /**
   * Address, lower-cased; names the account at login.
   * @example "ana@clinic.example"
   */
  email!: string;

  /**
   * @example "Ana Duarte"
   */
  full_name!: string | null;

  /** false after deactivation: the account cannot log in. */
  is_active!: boolean;

  /** Whether the account is an administrator. */
  is_admin!: boolean;

  /**
   * admin where is_admin, else user.
   * @example "user"
   */
  role!: 'user' | 'admin';

  /**
   * RFC 3339.
   * @example "2026-11-22T10:00:00.000Z"
   */
  created_at!: string;

  /**
   * RFC 3339; null before the first login.
   * @example "2026-11-22T10:05:00.000Z"
   */
  last_login!: string | null;
}

/** One page of accounts. */
export class UserPageResponse {
  /** In the order in which they were opened. */
  users!: UserResponse[];

  /** Pass it as `cursor` to read on; null on the last page. */
  next_cursor!: string | null;
}

/** What users may change about themselves. */
export class UpdateProfileRequest {
  /**
   * At most 255 characters; null removes the name, an absent field leaves it.
   * @example "Ana Duarte"
   */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  @Matches(PRINTABLE, { message: 'full_name must not contain control characters' })
  full_name?: string | null;
}

/** What administrators may change about an account; an absent field stays as it is. */
export class UpdateUserRequest extends UpdateProfileRequest {
  /** false deactivates: every session ends at once. */
  @MayBeAbsent()
  @IsBoolean()
  is_active?: boolean;

  /** Grants or withdraws the administrator role; every session ends at once. */
  @MayBeAbsent()
  @IsBoolean()
  is_admin?: boolean;
}

/** Names an account in a path. */
export class UserIdParameter {
  /**
   * Identifier of the account.
   * @example "019aab7c-2f10-7c3e-8d55-5a1f0c9b7e21"
   */
  @IsUUID()
  user_id!: string;
}

/** Which accounts, and which page of them. */
export class UserPageQuery {
  /**
   * Only accounts whose address or name holds this text, in any spelling of upper and lower case; 1 to 100 characters.
   * @example "duarte"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  @Matches(PRINTABLE, { message: 'search must not contain control characters' })
  search?: string;

  /** Only active accounts, or only deactivated ones. */
  @MayBeAbsent()
  @Flag()
  @IsBoolean()
  is_active?: boolean;

  /** Only administrators, or only others. */
  @MayBeAbsent()
  @Flag()
  @IsBoolean()
  is_admin?: boolean;

  /**
   * Accounts per page, 1 to 100; 50 unless given.
   * @example 20
   */
  @MayBeAbsent()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `next_cursor` of the page before. */
  @MayBeAbsent()
  @IsUUID()
  cursor?: string;
}

/** The fields of an account that leave the server. */
export function userResponse(user: Profile): UserResponse {
  return {
    id: user.id,
    email: user.email,
    full_name: user.fullName ?? null,
    is_active: user.isActive,
    is_admin: user.isAdmin,
    role: user.isAdmin ? 'admin' : 'user',
    created_at: user.createdAt.toISOString(),
    last_login: user.lastLogin?.toISOString() ?? null,
  };
}
